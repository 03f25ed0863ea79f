//! What the API server made of an object, fit to be applied.

use serde_json::Value;

/// What the API server made of an object in a dry run, as `kubectl apply` takes it: without what only the
/// server may set.
pub fn applicable(mut object: Value) -> Value {
    if let Some(fields) = object.as_object_mut() {
        fields.remove("status");
    }
    if let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut) {
        for name in ["uid", "resourceVersion", "creationTimestamp", "generation", "managedFields"] {
            metadata.remove(name);
        }
    }
    if object["kind"] == "Job" {
        // A Job's selector and the labels that it selects on are generated at its creation.
        if let Some(spec) = object.get_mut("spec").and_then(Value::as_object_mut) {
            spec.remove("selector");
        }
        let generated = ["controller-uid", "job-name"];
        for labels in ["/metadata/labels", "/spec/template/metadata/labels"] {
            if let Some(labels) = object.pointer_mut(labels).and_then(Value::as_object_mut) {
                labels
                    .retain(|name, _| !generated.contains(&name.trim_start_matches("batch.kubernetes.io/")));
            }
        }
    }
    object
}
