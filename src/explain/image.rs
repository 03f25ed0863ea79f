//! Names of images, read once each, and which cause first told of an image.

use std::collections::HashMap;

use crate::registry::reference::Reference;

/// An image as a text names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Image {
    /// As it is written.
    pub(super) text: String,
    /// With registry and tag; as it is written where it is no reference.
    normalized: String,
    /// Without tag and digest; empty where it is no reference.
    repository: String,
    /// Whether only the repository is named.
    is_bare: bool,
}

impl Image {
    pub(super) fn new(text: String) -> Self {
        match Reference::parse(&text) {
            Ok(image) => Self {
                normalized: image.normalized(),
                repository: image.repository(),
                is_bare: image.tag().is_none() && image.digest().is_none(),
                text,
            },
            Err(_) => Self { normalized: text.clone(), repository: String::new(), is_bare: false, text },
        }
    }

    /// Its registry; `None` where it is no reference.
    pub(super) fn registry(&self) -> Option<String> {
        Reference::parse(&self.text).ok().map(|image| image.registry().to_owned())
    }

    /// Whether both may be one image: a name without a tag stands for any of its repository.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        let is_one_repository = || !self.repository.is_empty() && self.repository == other.repository;
        self.normalized == other.normalized || (self.is_bare || other.is_bare) && is_one_repository()
    }
}

/// Which cause first told of an image.
#[derive(Default)]
pub(super) struct Index {
    names: HashMap<String, usize>,
    repositories: HashMap<String, usize>,
    bare: HashMap<String, usize>,
}

impl Index {
    pub(super) fn add(&mut self, image: &Image, cause: usize) {
        let put = |map: &mut HashMap<String, usize>, key: &String| {
            let known = map.entry(key.clone()).or_insert(cause);
            *known = cause.min(*known);
        };
        put(&mut self.names, &image.normalized);
        if !image.repository.is_empty() {
            put(&mut self.repositories, &image.repository);
        }
        if image.is_bare {
            put(&mut self.bare, &image.repository);
        }
    }

    /// The first cause with an image that is the same as `image`.
    pub(super) fn first(&self, image: &Image) -> Option<usize> {
        let of_repository = if image.is_bare { &self.repositories } else { &self.bare };
        let found = [self.names.get(&image.normalized), of_repository.get(&image.repository)];
        found.into_iter().flatten().min().copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_index_finds_the_first_cause_with_the_same_image() {
        let names = [
            "nginx:1",
            "docker.io/library/nginx:1",
            "nginx",
            "nginx:2",
            "r.example.com/a@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
            "r.example.com/a",
            "Not An Image",
            "Not An Image:2",
        ];
        let images: Vec<Image> = names.iter().map(|name| Image::new((*name).to_owned())).collect();
        for skipped in 0..names.len() {
            let mut index = Index::default();
            (skipped..names.len()).rev().for_each(|at| index.add(&images[at], at));
            for image in &images {
                let expected = (skipped..names.len()).find(|at| images[*at].is_same(image));
                assert_eq!(index.first(image), expected, "{} from {skipped}", image.text);
            }
        }
        assert!(images[0].is_same(&images[1]) && images[2].is_same(&images[3]));
        assert!(!images[0].is_same(&images[3]) && !images[6].is_same(&images[7]));
    }
}
