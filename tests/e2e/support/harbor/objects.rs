//! The objects of harbor-helm's chart, as far as the plugin looks at them: names, labels, environment, mounts.

use serde_json::{Value, json};

use super::images::Images;
use super::keys::{htpasswd, server_certificate};
use super::setup::{Group, KeySource, Setup};

/// Core's own part of the labels.
pub const CORE: &str = "app=harbor,component=core";
const REGISTRY_USER: &str = "harbor_registry_user";

/// Values of one installation that must be equal everywhere, each known to no other.
pub struct Values {
    pub core_secret: String,
    pub jobservice_secret: String,
    pub secret_key: String,
    pub csrf_key: String,
    pub registry_password: String,
    pub registry_http_secret: String,
}

impl Values {
    /// Made from the namespace's name, which is new in each run.
    pub fn new(namespace: &str) -> Self {
        let value = |name: &str, length: usize| -> String {
            let text = format!("{name}-{namespace}").replace("regauth-e2e", "test");
            text.chars().chain(std::iter::repeat('x')).take(length).collect()
        };
        Self {
            core_secret: value("coresecret", 24),
            jobservice_secret: value("jobsecret", 24),
            secret_key: value("key", 16),
            csrf_key: value("csrf", 32),
            registry_password: value("registry", 24),
            registry_http_secret: value("http", 24),
        }
    }

    /// What must be in no output.
    pub fn planted(&self) -> Vec<String> {
        let all = [&self.core_secret, &self.jobservice_secret, &self.secret_key, &self.csrf_key];
        all.into_iter().chain([&self.registry_password, &self.registry_http_secret]).cloned().collect()
    }
}

fn labels(component: &str) -> Value {
    json!({"app": "harbor", "release": "harbor", "heritage": "Helm", "chart": "harbor", "component": component})
}

pub fn secret(name: &str, data: &Value) -> Value {
    json!({"apiVersion": "v1", "kind": "Secret", "type": "Opaque", "metadata": {"name": name}, "stringData": data})
}

fn config_map(name: &str, data: &Value) -> Value {
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data})
}

fn service(component: &str, kind: &str, affinity: &str, port: u16, target: u16) -> Value {
    json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": format!("harbor-{component}"), "labels": labels(component)},
        "spec": {"type": kind, "sessionAffinity": affinity, "selector": {"app": "harbor", "release": "harbor", "component": component},
                 "ports": [{"name": "web", "port": port, "targetPort": target}]}})
}

/// A Deployment of one container list; `name` is also the selector's own part.
fn deployment(name: &str, component: &str, replicas: u32, pod: &Value) -> Value {
    let mut labels = labels(component);
    labels["deployment"] = json!(name);
    json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name, "labels": labels},
        "spec": {"replicas": replicas, "selector": {"matchLabels": {"app": "harbor", "deployment": name}},
                 "template": {"metadata": {"labels": labels}, "spec": pod}}})
}

/// Secrets and ConfigMaps.
pub fn configuration(setup: &Setup, values: &Values, namespace: &str) -> Vec<Value> {
    let (core, scheme) = if setup.internal_tls { (443, "https") } else { (80, "http") };
    let core_url = format!("{scheme}://harbor-core:{core}");
    let local = if setup.internal_tls { "https://127.0.0.1:8443" } else { "http://127.0.0.1:8080" };
    let internal = server_certificate(&["DNS:harbor-core".into(), format!("DNS:harbor-core.{namespace}")]);
    let htpasswd = htpasswd(REGISTRY_USER, &values.registry_password);
    let core_map = json!({
        "app.conf": "appname = Harbor\n", "CONFIG_PATH": "/etc/core/app.conf", "CORE_URL": core_url, "CORE_LOCAL_URL": local,
        "EXT_ENDPOINT": setup.ext_endpoint, "REGISTRY_URL": "http://harbor-registry:5000", "LOG_LEVEL": "info",
        "REGISTRY_CREDENTIAL_USERNAME": REGISTRY_USER, "POSTGRESQL_HOST": "harbor-database", "POSTGRESQL_PORT": "5432",
        "_REDIS_URL_CORE": "redis://harbor-redis:6379/0?idle_timeout_seconds=30",
        "PORT": if setup.internal_tls { "8443" } else { "8080" },
    });
    let core_secret = json!({
        "tls.key": setup.key.key, "tls.crt": setup.key.certificate, "secretKey": values.secret_key,
        "secret": values.core_secret, "CSRF_KEY": values.csrf_key, "REGISTRY_CREDENTIAL_PASSWORD": values.registry_password,
    });
    vec![
        secret("harbor-core", &core_secret),
        config_map("harbor-core", &core_map),
        secret(
            "harbor-core-internal-cert",
            &json!({"tls.key": internal.key, "tls.crt": internal.certificate}),
        ),
        secret(
            "harbor-jobservice",
            &json!({"JOBSERVICE_SECRET": values.jobservice_secret,
            "REGISTRY_CREDENTIAL_PASSWORD": values.registry_password}),
        ),
        config_map(
            "harbor-jobservice-env",
            &json!({"CORE_URL": core_url, "REGISTRY_URL": "http://harbor-registry:5000",
            "REGISTRY_CREDENTIAL_USERNAME": REGISTRY_USER}),
        ),
        secret("harbor-registry", &json!({"REGISTRY_HTTP_SECRET": values.registry_http_secret})),
        secret("harbor-registry-htpasswd", &json!({"REGISTRY_HTPASSWD": htpasswd})),
        config_map(
            "harbor-registry",
            &json!({"config.yml": "version: 0.1\nlog: {level: warn}\n\
            storage: {filesystem: {rootdirectory: /storage}, delete: {enabled: true}}\nhttp: {addr: ':5000'}\n\
            auth: {htpasswd: {realm: harbor-registry-basic-realm, path: /etc/registry/passwd}}\n"}),
        ),
        service("core", "NodePort", setup.affinity, core, if setup.internal_tls { 8443 } else { 8080 }),
        service("registry", "ClusterIP", "None", 5000, 5000),
    ]
}

fn env_from(secret: &str, key: &str) -> Value {
    json!({"secretKeyRef": {"name": secret, "key": key}})
}

/// Core's Deployment number `at`; `hosts` are for its pods' hosts file.
pub fn cores(setup: &Setup, at: usize, group: &Group, images: &Images, hosts: &Value) -> Value {
    let (port, scheme) = if setup.internal_tls { (8443, "HTTPS") } else { (8080, "HTTP") };
    let probe =
        json!({"httpGet": {"path": "/api/v2.0/ping", "port": port, "scheme": scheme}, "periodSeconds": 1});
    let mut mounts = vec![
        json!({"name": "config", "mountPath": "/etc/core/app.conf", "subPath": "app.conf"}),
        json!({"name": "secret-key", "mountPath": "/etc/core/key", "subPath": "key"}),
        json!({"name": "world", "mountPath": "/etc/standin"}),
        json!({"name": "core-internal-certs", "mountPath": "/etc/harbor/ssl/core"}),
    ];
    let mut volumes = vec![
        json!({"name": "config", "configMap": {"name": "harbor-core", "items": [{"key": "app.conf", "path": "app.conf"}]}}),
        json!({"name": "secret-key", "secret": {"secretName": "harbor-core", "items": [{"key": "secretKey", "path": "key"}]}}),
        json!({"name": "world", "secret": {"secretName": "standin-world"}}),
        json!({"name": "core-internal-certs", "secret": {"secretName": "harbor-core-internal-cert"}}),
    ];
    match group.key {
        KeySource::Secret(name) => {
            mounts.push(json!({"name": "token-service-private-key", "mountPath": "/etc/core/private_key.pem", "subPath": "tls.key"}));
            volumes.push(json!({"name": "token-service-private-key", "secret": {"secretName": name}}));
        }
        KeySource::Own => {
            mounts.push(json!({"name": "own", "mountPath": "/etc/own"}));
            volumes.push(json!({"name": "own", "emptyDir": {}}));
        }
        KeySource::NotMounted => {}
    }
    let container = json!({
        "name": "core", "image": images.core(group.version, group.bare), "imagePullPolicy": "Always",
        "ports": [{"containerPort": port}], "readinessProbe": probe, "env": core_env(setup, group),
        "envFrom": [{"configMapRef": {"name": "harbor-core"}}, {"secretRef": {"name": "harbor-core"}}],
        "volumeMounts": mounts, "securityContext": restricted(),
    });
    let name = if at == 0 { "harbor-core".to_string() } else { format!("harbor-core-{}", at + 1) };
    let apart = json!({"topologyKey": "kubernetes.io/hostname", "labelSelector": {"matchLabels": {"component": "core"}}});
    let pod = json!({
        "automountServiceAccountToken": false, "terminationGracePeriodSeconds": 2, "volumes": volumes, "hostAliases": hosts,
        "securityContext": {"runAsUser": 10000, "fsGroup": 10000}, "containers": [container],
        "affinity": {"podAntiAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": [{"weight": 100, "podAffinityTerm": apart}]}},
    });
    deployment(&name, "core", group.replicas, &pod)
}

fn restricted() -> Value {
    json!({"readOnlyRootFilesystem": true, "allowPrivilegeEscalation": false, "runAsNonRoot": true,
           "capabilities": {"drop": ["ALL"]}, "seccompProfile": {"type": "RuntimeDefault"}})
}

fn core_env(setup: &Setup, group: &Group) -> Vec<Value> {
    let mut env = vec![
        json!({"name": "CORE_SECRET", "valueFrom": env_from("harbor-core", "secret")}),
        json!({"name": "JOBSERVICE_SECRET", "valueFrom": env_from("harbor-jobservice", "JOBSERVICE_SECRET")}),
        json!({"name": "NODE_NAME", "valueFrom": {"fieldRef": {"fieldPath": "spec.nodeName"}}}),
        json!({"name": "POD_NAME", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}),
        json!({"name": "HARBOR_VERSION", "value": group.version}),
        json!({"name": "STANDIN_CLOCK_OFFSET", "value": "/etc/standin/clock-$(NODE_NAME)"}),
        json!({"name": "STANDIN_DOWN", "value": "/etc/standin/down-$(POD_NAME)"}),
    ];
    let mut set = |name: &str, value: &str| {
        env.retain(|one| one["name"] != name);
        env.push(json!({"name": name, "value": value}));
    };
    if setup.internal_tls {
        set("INTERNAL_TLS_ENABLED", "true");
    }
    if group.key == KeySource::Own {
        set("STANDIN_MAKE_KEY", "true");
        set("TOKEN_PRIVATE_KEY_PATH", "/etc/own/private_key.pem");
    }
    for (name, value) in &group.env {
        set(name, value);
    }
    env
}

/// Jobservice, whose program only sleeps, and the registry, which is a real one.
pub fn others(images: &Images) -> Vec<Value> {
    let (sleeper, sleep) = (images.sleeper(), ["/bin/sleep", "1000000"]);
    let jobservice = json!({
        "name": "jobservice", "image": sleeper, "imagePullPolicy": "Always", "command": sleep, "securityContext": restricted(),
        "envFrom": [{"configMapRef": {"name": "harbor-jobservice-env"}}, {"secretRef": {"name": "harbor-jobservice"}}],
        "env": [{"name": "CORE_SECRET", "valueFrom": env_from("harbor-core", "secret")}],
    });
    let registry = json!({
        "name": "registry", "image": images.registry(), "imagePullPolicy": "Always", "securityContext": restricted(),
        "envFrom": [{"secretRef": {"name": "harbor-registry"}}],
        "env": [{"name": "OTEL_TRACES_EXPORTER", "value": "none"}],
        "readinessProbe": {"tcpSocket": {"port": 5000}, "periodSeconds": 1}, "ports": [{"containerPort": 5000}],
        "volumeMounts": [{"name": "data", "mountPath": "/storage"},
            {"name": "config", "mountPath": "/etc/registry/config.yml", "subPath": "config.yml"},
            {"name": "htpasswd", "mountPath": "/etc/registry/passwd", "subPath": "passwd"}],
    });
    let registryctl = json!({
        "name": "registryctl", "image": sleeper, "imagePullPolicy": "Always", "command": sleep, "securityContext": restricted(),
        "envFrom": [{"secretRef": {"name": "harbor-registry"}}],
        "env": [{"name": "CORE_SECRET", "valueFrom": env_from("harbor-core", "secret")},
                {"name": "JOBSERVICE_SECRET", "valueFrom": env_from("harbor-jobservice", "JOBSERVICE_SECRET")}],
    });
    let volumes = json!([{"name": "data", "emptyDir": {}}, {"name": "config", "configMap": {"name": "harbor-registry"}},
        {"name": "htpasswd", "secret": {"secretName": "harbor-registry-htpasswd",
            "items": [{"key": "REGISTRY_HTPASSWD", "path": "passwd"}]}}]);
    let quick = json!({"runAsUser": 10000, "fsGroup": 10000});
    vec![
        deployment(
            "harbor-jobservice",
            "jobservice",
            1,
            &json!({"terminationGracePeriodSeconds": 1,
            "automountServiceAccountToken": false, "securityContext": quick, "containers": [jobservice]}),
        ),
        deployment(
            "harbor-registry",
            "registry",
            1,
            &json!({"terminationGracePeriodSeconds": 1, "volumes": volumes,
            "automountServiceAccountToken": false, "securityContext": quick, "containers": [registry, registryctl]}),
        ),
    ]
}
