//! The names in a kubeconfig, for completion at a prompt.

use std::path::Path;

use kube::config::Kubeconfig;

/// What a kubeconfig has by name. Nothing else of it is kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Names {
    /// Contexts.
    pub contexts: Vec<String>,
    /// Clusters.
    pub clusters: Vec<String>,
    /// Users.
    pub users: Vec<String>,
}

/// The names in the kubeconfig that is given, else in those that `KUBECONFIG` or the usual place has. One that cannot
/// be read has none.
pub fn names(kubeconfig: Option<&Path>) -> Names {
    let read = kubeconfig.map_or_else(Kubeconfig::read, Kubeconfig::read_from);
    let Ok(read) = read else { return Names::default() };
    Names {
        contexts: read.contexts.into_iter().map(|one| one.name).collect(),
        clusters: read.clusters.into_iter().map(|one| one.name).collect(),
        users: read.auth_infos.into_iter().map(|one| one.name).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kubeconfigs_names_are_told_and_one_that_cannot_be_read_has_none() {
        let file = std::env::temp_dir().join(format!("regauth-contexts-{}", std::process::id()));
        let text = "apiVersion: v1\nkind: Config\ncontexts:\n- {name: a, context: {cluster: c, user: u}}\n\
                    - {name: b, context: {cluster: c, user: u}}\nclusters: [{name: c, cluster: {server: x}}]\n\
                    users: [{name: u, user: {token: hunter2}}]\n";
        std::fs::write(&file, text).unwrap();
        let found = names(Some(&file));
        std::fs::write(&file, "contexts: {").unwrap();
        let broken = names(Some(&file));
        std::fs::remove_file(&file).unwrap();
        assert_eq!((found.contexts, found.clusters), (vec!["a".into(), "b".into()], vec!["c".to_string()]));
        assert_eq!(found.users, ["u"]);
        assert_eq!((broken, names(Some(&file))), (Names::default(), Names::default()));
    }
}
