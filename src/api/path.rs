//! Paths of the API with their query parameters.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

/// Path of a namespace's collection in the core group, such as `pods`.
pub fn core(namespace: &str, resource: &str) -> String {
    format!("/api/v1/namespaces/{}/{resource}", encode(namespace))
}

/// Path of a namespace's collection in a named group and version, such as `batch/v1` and `jobs`.
pub fn group(group_version: &str, namespace: &str, resource: &str) -> String {
    format!("/apis/{group_version}/namespaces/{}/{resource}", encode(namespace))
}

/// Appends a name.
pub fn named(collection: &str, name: &str) -> String {
    format!("{collection}/{}", encode(name))
}

/// Appends query parameters; those with an empty value are left out.
pub fn with(path: &str, parameters: &[(&str, &str)]) -> String {
    let mut out = path.to_string();
    let mut join = '?';
    for (name, value) in parameters.iter().filter(|(_, value)| !value.is_empty()) {
        out.push(join);
        out.push_str(name);
        out.push('=');
        out.push_str(&encode(value));
        join = '&';
    }
    out
}

fn encode(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string().replace("%2D", "-").replace("%2E", ".")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn selectors_are_encoded_and_empty_parameters_left_out() {
        let path = with(&core("a-b", "pods"), &[("labelSelector", "k=v,x in (1,2)"), ("continue", "")]);
        assert_eq!(path, "/api/v1/namespaces/a-b/pods?labelSelector=k%3Dv%2Cx%20in%20%281%2C2%29");
    }

    #[test]
    fn a_name_cannot_leave_its_place_in_the_path() {
        assert_eq!(named("/api/v1/nodes", "../x?y"), "/api/v1/nodes/..%2Fx%3Fy");
    }
}
