//! From JSON to entries.

use std::collections::{BTreeMap, HashMap};

use super::auth;
use super::error::Lines;
use super::json::{Fault, Kind, Reader};
use super::{ConfigError, DockerConfig, Entry, ErrorClass, Field};
use crate::secret::Secret;
use crate::text::Clean;

/// How much of an entry's key an error names.
pub(super) const MAX_KEY: usize = 256;

/// Puts a configuration together.
pub(super) struct Builder<'a> {
    data: &'a [u8],
    lines: Lines,
    config: DockerConfig,
    /// Entries by key, with their place in the document.
    entries: HashMap<String, (usize, Entry)>,
    read: usize,
}

/// The fields of an entry as they are read, before `auth` is looked into.
#[derive(Default)]
struct Fields {
    username: Secret,
    password: Secret,
    email: Secret,
    auth: Secret,
    auth_at: usize,
    identity_token: Secret,
    registry_token: Secret,
}

impl<'a> Builder<'a> {
    pub(super) fn new(data: &'a [u8]) -> Self {
        Self {
            data,
            lines: Lines::of(data),
            config: DockerConfig::default(),
            entries: HashMap::new(),
            read: 0,
        }
    }

    /// `DockerConfigJSON`.
    pub(super) fn document(mut self) -> Result<DockerConfig, ConfigError> {
        let mut reader = Reader::checked(self.data).map_err(|fault| self.fatal(fault))?;
        self.top(&mut reader).map_err(|fault| self.fatal(fault))?;
        Ok(self.finish())
    }

    /// `DockerConfig`.
    pub(super) fn legacy(mut self) -> Result<DockerConfig, ConfigError> {
        let mut reader = Reader::checked(self.data).map_err(|fault| self.fatal(fault))?;
        self.legacy_top(&mut reader).map_err(|fault| self.fatal(fault))?;
        Ok(self.finish())
    }

    fn top(&mut self, reader: &mut Reader<'_>) -> Result<(), Fault> {
        let at = reader.position();
        match reader.kind()? {
            Kind::Null => reader.skip(),
            Kind::Object => reader.object(|reader, name| self.field(reader, name.expose())),
            _ => Err(Fault { class: ErrorClass::WrongType, at }),
        }
    }

    fn legacy_top(&mut self, reader: &mut Reader<'_>) -> Result<(), Fault> {
        let at = reader.position();
        match reader.kind()? {
            Kind::Null => reader.skip(),
            Kind::Object => self.auths(reader),
            _ => Err(Fault { class: ErrorClass::WrongType, at }),
        }
    }

    fn field(&mut self, reader: &mut Reader<'_>, name: &str) -> Result<(), Fault> {
        let is_null = reader.kind()? == Kind::Null;
        if is_name(name, "auths") {
            if is_null {
                // Go sets a map to nil: what was read before is gone.
                self.entries.clear();
                return reader.skip();
            }
            if self.is_kind(reader, Kind::Object, Field::Auths, None)? {
                return self.auths(reader);
            }
            return Ok(());
        }
        if is_name(name, "HttpHeaders") {
            return self.strings(reader, Field::HttpHeaders).map(drop);
        }
        if is_name(name, "credsStore") {
            if let Some(store) = self.text(reader, Field::CredsStore, None)? {
                self.config.creds_store = Some(store.expose().to_owned()).filter(|store| !store.is_empty());
            }
            return Ok(());
        }
        if is_name(name, "credHelpers") {
            if is_null {
                self.config.cred_helpers.clear();
            }
            let helpers = self.strings(reader, Field::CredHelpers)?;
            let helpers =
                helpers.into_iter().map(|(registry, helper)| (registry, helper.expose().to_owned()));
            self.config.cred_helpers.extend(helpers);
            return Ok(());
        }
        reader.skip()
    }

    fn auths(&mut self, reader: &mut Reader<'_>) -> Result<(), Fault> {
        reader.object(|reader, key| {
            let entry = self.entry(reader, key.expose())?;
            self.entries.insert(key.expose().to_owned(), (self.read, entry));
            self.read += 1;
            Ok(())
        })
    }

    /// `DockerConfigEntry.UnmarshalJSON`.
    fn entry(&mut self, reader: &mut Reader<'_>, key: &str) -> Result<Entry, Fault> {
        let errors_before = self.config.errors.len();
        let mut fields = Fields::default();
        if reader.kind()? == Kind::Null {
            reader.skip()?;
        } else if self.is_kind(reader, Kind::Object, Field::Entry, Some(key))? {
            reader.object(|reader, name| self.entry_field(reader, key, name.expose(), &mut fields))?;
        }
        let mut entry = Entry {
            key: key.to_owned(),
            username: fields.username.expose().to_owned(),
            password: fields.password,
            identity_token: Some(fields.identity_token).filter(|token| !token.is_empty()),
            registry_token: Some(fields.registry_token).filter(|token| !token.is_empty()),
            ..Entry::default()
        };
        if !fields.auth.is_empty() {
            entry.auth_at = Some(self.lines.position(fields.auth_at));
            match auth::decode(&fields.auth) {
                Ok(auth) => {
                    entry.username = auth.username;
                    entry.password = auth.password;
                    entry.is_unpadded = auth.is_unpadded;
                    entry.is_lossy = auth.is_lossy;
                }
                Err(class) => {
                    self.complain(Fault { class, at: fields.auth_at }, Field::Auth, Some(key));
                }
            }
        }
        entry.error = self.config.errors.get(errors_before).cloned();
        Ok(entry)
    }

    fn entry_field(
        &mut self,
        reader: &mut Reader<'_>,
        key: &str,
        name: &str,
        fields: &mut Fields,
    ) -> Result<(), Fault> {
        let at = reader.position();
        let (field, place) = match () {
            () if is_name(name, "username") => (Field::Username, &mut fields.username),
            () if is_name(name, "password") => (Field::Password, &mut fields.password),
            () if is_name(name, "email") => (Field::Email, &mut fields.email),
            () if is_name(name, "auth") => {
                fields.auth_at = at;
                (Field::Auth, &mut fields.auth)
            }
            () if is_name(name, "identitytoken") => (Field::IdentityToken, &mut fields.identity_token),
            () if is_name(name, "registrytoken") => (Field::RegistryToken, &mut fields.registry_token),
            () => return reader.skip(),
        };
        if let Some(text) = self.text(reader, field, Some(key))? {
            *place = text;
        }
        Ok(())
    }

    /// The next value if it is a string; `null` is none, anything else a mistake.
    fn text(
        &mut self,
        reader: &mut Reader<'_>,
        field: Field,
        key: Option<&str>,
    ) -> Result<Option<Secret>, Fault> {
        if reader.kind()? == Kind::Null {
            return reader.skip().map(|()| None);
        }
        if self.is_kind(reader, Kind::String, field, key)? { reader.string().map(Some) } else { Ok(None) }
    }

    /// The next value if it is an object of strings. They may be secrets: `HttpHeaders` can hold a credential.
    fn strings(&mut self, reader: &mut Reader<'_>, field: Field) -> Result<BTreeMap<String, Secret>, Fault> {
        let mut strings = BTreeMap::new();
        if reader.kind()? == Kind::Null {
            reader.skip()?;
        } else if self.is_kind(reader, Kind::Object, field, None)? {
            reader.object(|reader, name| {
                let value = self.text(reader, field, None)?.unwrap_or_default();
                strings.insert(name.expose().to_owned(), value);
                Ok(())
            })?;
        }
        Ok(strings)
    }

    /// Whether the next value is of this type; if not, it is passed over and noted.
    fn is_kind(
        &mut self,
        reader: &mut Reader<'_>,
        kind: Kind,
        field: Field,
        key: Option<&str>,
    ) -> Result<bool, Fault> {
        if reader.kind()? == kind {
            return Ok(true);
        }
        let at = reader.position();
        self.complain(Fault { class: ErrorClass::WrongType, at }, field, key);
        reader.skip()?;
        Ok(false)
    }

    fn complain(&mut self, fault: Fault, field: Field, key: Option<&str>) {
        let key = key.map(|key| Clean::with_cap(key, MAX_KEY));
        let position = self.lines.position(fault.at);
        self.config.errors.push(ConfigError { class: fault.class, field, key, position });
    }

    fn fatal(&self, fault: Fault) -> ConfigError {
        let position = self.lines.position(fault.at);
        ConfigError { class: fault.class, field: Field::Document, key: None, position }
    }

    fn finish(self) -> DockerConfig {
        let mut config = self.config;
        let mut entries: Vec<_> = self.entries.into_values().collect();
        entries.sort_unstable_by_key(|(place, _)| *place);
        config.entries = entries.into_iter().map(|(_, entry)| entry).collect();
        config
    }
}

/// Whether `name` stands for the field `field` (ASCII): Go compares names under Unicode's simple case folding, where
/// two characters beyond ASCII are equal to a letter.
fn is_name(name: &str, field: &str) -> bool {
    let folded = |c: char| match c {
        'ſ' => 's',
        '\u{212a}' => 'k',
        _ => c.to_ascii_lowercase(),
    };
    name.chars().map(folded).eq(field.chars().map(|c| c.to_ascii_lowercase()))
}
