{{/* The rights of `kubectl regauth rbac`, part by part: tests/deploy/rights.rs holds them to ../rbac. */}}

{{/* rbac --why: regauth-workloads. */}}
{{- define "regauth.rules.workloads" -}}
# Which pods wait for their image, which have it, and with which pull secrets.
- apiGroups: [""]
  resources: [pods]
  verbs: [get, list]
# Workloads without pods, what the next pod gets, and who writes it.
- apiGroups: [apps]
  resources: [deployments, statefulsets, daemonsets]
  verbs: [get, list]
- apiGroups: [batch]
  resources: [jobs, cronjobs]
  verbs: [get, list]
- apiGroups: [apps]
  resources: [replicasets]
  verbs: [get]
# Names of pull secrets, and cloud identities.
- apiGroups: [""]
  resources: [serviceaccounts]
  verbs: [get, list]
# The kubelets' whole words.
- apiGroups: [""]
  resources: [events]
  verbs: [list]
# Whether a policy is in the way of a builder.
- apiGroups: [networking.k8s.io]
  resources: [networkpolicies]
  verbs: [list]
{{- end -}}

{{/* rbac --why: regauth-workloads-secrets. */}}
{{- define "regauth.rules.secrets" -}}
# What is in pull secrets that workloads name; credentials are forgotten at once.
- apiGroups: [""]
  resources: [secrets]
  verbs: [get, list]
{{- end -}}

{{/* rbac --why and --clock: regauth-workloads-nodes, regauth-clock-nodes. */}}
{{- define "regauth.rules.nodes" -}}
# Nodes under pressure, which have an image already, and whether one whose lease does not move is Ready.
- apiGroups: [""]
  resources: [nodes]
  verbs: [get, list]
{{- end -}}

{{/* rbac --clock: regauth-clock. */}}
{{- define "regauth.rules.clocks" -}}
# The clock of each kubelet is in the lease that it renews.
- apiGroups: [coordination.k8s.io]
  resources: [leases]
  verbs: [list, watch]
{{- end -}}

{{/* rbac --harbor: regauth-harbor without the run, since doctor asks by port-forward. */}}
{{- define "regauth.rules.harbor" -}}
# Which cores there are, where their key lies, whether they serve.
- apiGroups: [""]
  resources: [pods]
  verbs: [list]
- apiGroups: [""]
  resources: [pods/portforward]
  verbs: [create, get]
# What the cores logged about tokens they refused.
- apiGroups: [""]
  resources: [pods/log]
  verbs: [get]
# Rollouts that are going on or stuck, and what keeps a client at one core.
- apiGroups: [apps]
  resources: [deployments, statefulsets]
  verbs: [list]
- apiGroups: [""]
  resources: [services]
  verbs: [list]
- apiGroups: [networking.k8s.io]
  resources: [ingresses]
  verbs: [list]
# Configuration that must be equal.
- apiGroups: [""]
  resources: [configmaps]
  verbs: [get]
{{- end -}}

{{/* rbac --harbor: regauth-harbor-secrets. */}}
{{- define "regauth.rules.harborSecrets" -}}
# Whether a core's key is that of its Secret now. Values are hashed at once.
- apiGroups: [""]
  resources: [secrets]
  verbs: [get]
{{- end -}}

{{/* rbac --pull: regauth-pull. */}}
{{- define "regauth.rules.run" -}}
# The identity: a ServiceAccount and the names of its pull secrets.
- apiGroups: [""]
  resources: [serviceaccounts]
  verbs: [get]
# The run: one Job that owns the diagnostic pods.
- apiGroups: [batch]
  resources: [jobs]
  verbs: [create, delete]
- apiGroups: [""]
  resources: [pods]
  verbs: [create, get, list, watch, deletecollection]
- apiGroups: [""]
  resources: [events]
  verbs: [list, watch]
- apiGroups: [""]
  resources: [pods/log]
  verbs: [get]
# As a workload.
- apiGroups: [apps]
  resources: [deployments, statefulsets, daemonsets, replicasets]
  verbs: [get]
- apiGroups: [batch]
  resources: [jobs, cronjobs]
  verbs: [get]
# On the pods' network with the labels of a workload.
- apiGroups: [networking.k8s.io]
  resources: [networkpolicies]
  verbs: [list]
- apiGroups: [""]
  resources: [services]
  verbs: [list]
- apiGroups: [policy]
  resources: [poddisruptionbudgets]
  verbs: [list]
{{- end -}}

{{/* rbac --events: regauth-events. */}}
{{- define "regauth.rules.events" -}}
# Findings as Events, counted where there is one already.
- apiGroups: [""]
  resources: [events]
  verbs: [get, create, patch]
# Whether what a finding is about exists, and its unique id.
- apiGroups: [""]
  resources: [serviceaccounts, pods]
  verbs: [get]
- apiGroups: [apps]
  resources: [deployments, statefulsets, daemonsets, replicasets]
  verbs: [get]
- apiGroups: [batch]
  resources: [jobs, cronjobs]
  verbs: [get]
{{- end -}}
