{{- define "regauth.fullname" -}}
{{- $name := default .Chart.Name .Values.nameOverride -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 50 | trimSuffix "-" -}}
{{- else if contains $name .Release.Name -}}
{{- .Release.Name | trunc 50 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name | trunc 50 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "regauth.selectorLabels" -}}
app.kubernetes.io/name: {{ default .Chart.Name .Values.nameOverride }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{/* Never managed-by: kubectl-regauth, which is what `kubectl regauth cleanup` removes. */}}
{{- define "regauth.labels" -}}
{{ include "regauth.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end -}}

{{- define "regauth.serviceAccountName" -}}
{{- if .Values.serviceAccount.create -}}
{{- default (include "regauth.fullname" .) .Values.serviceAccount.name -}}
{{- else -}}
{{- default "default" .Values.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{- define "regauth.image" -}}
{{- with .Values.image -}}
{{- if .digest -}}
{{ .repository }}@{{ .digest }}
{{- else -}}
{{ .repository }}:{{ .tag | default $.Chart.AppVersion }}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* The namespace that is looked at; of scope cluster none. */}}
{{- define "regauth.namespace" -}}
{{- if eq .Values.scope "namespace" -}}
{{- default .Release.Namespace .Values.namespace -}}
{{- end -}}
{{- end -}}

{{/* Arguments of a check-up, for doctor and monitor: root, and whether something else is written (writes). */}}
{{- define "regauth.checkup" -}}
{{- $values := .root.Values -}}
{{- if eq $values.scope "cluster" }}
- --all-namespaces
{{- else }}
- --namespace={{ include "regauth.namespace" .root }}
{{- end }}
{{- if $values.tests.create }}
- --max-pods={{ $values.tests.maxPods }}
{{- range $values.tests.images }}
- --image={{ . }}
{{- end }}
{{- else if or .writes $values.emitEvents }}
{{- /* Not read-only, but no pod is created to test pulls. */}}
- --max-pods=0
{{- else }}
- --read-only
{{- end }}
{{- if or $values.tests.create .writes }}
{{- with $values.tests.probeImage }}
- --probe-image={{ . }}
{{- end }}
{{- end }}
{{- $skip := list }}
{{- if not $values.rights.secrets }}{{ $skip = append $skip "secrets" }}{{ end }}
{{- if not $values.rights.nodes }}{{ $skip = append $skip "nodes" }}{{ end }}
{{- /* A check-up of one namespace looks for Harbors nowhere else. */}}
{{- $harbors := $values.rights.harbor.namespaces }}
{{- if eq $values.scope "namespace" }}
{{- $harbors = has (include "regauth.namespace" .root) $harbors | ternary $harbors list }}
{{- end }}
{{- if not $harbors }}{{ $skip = append $skip "harbor" }}{{ end }}
{{- if not $values.rights.clocks }}{{ $skip = append $skip "clocks" }}{{ end }}
{{- with $skip }}
- --skip={{ join "," . }}
{{- end }}
- --max-duration={{ $values.maxDuration }}
{{- if $values.emitEvents }}
- --emit-events
{{- end }}
{{- end -}}

{{/* What the pods of both have in common: they meet the restricted Pod Security level. */}}
{{- define "regauth.pod" -}}
serviceAccountName: {{ include "regauth.serviceAccountName" . }}
automountServiceAccountToken: true
enableServiceLinks: false
{{- with .Values.imagePullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- with .Values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
securityContext:
  runAsNonRoot: true
  runAsUser: 65534
  runAsGroup: 65534
  seccompProfile:
    type: RuntimeDefault
{{- end -}}

{{- define "regauth.container" -}}
image: {{ include "regauth.image" . | quote }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities:
    drop: [ALL]
resources:
  {{- toYaml .Values.resources | nindent 2 }}
{{- end -}}

{{- define "regauth.podMetadata" -}}
labels:
  {{- include "regauth.selectorLabels" .root | nindent 2 }}
  app.kubernetes.io/component: {{ .component }}
  {{- with .root.Values.podLabels }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- with .root.Values.podAnnotations }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}
