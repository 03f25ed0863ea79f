//! The name of a key in Harbor's tokens: `kid`, as libtrust makes it (`keyIDFromCryptoKey` in
//! github.com/docker/libtrust), and the forms in which private keys are stored.
//!
//! It is the Base32 of the first 30 bytes of SHA-256 over the public key's DER (SubjectPublicKeyInfo, RFC 5280), in
//! twelve groups of four. White space of the file, the form of the private key and the rest of a certificate do not
//! change it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};
use x509_cert::der::asn1::{
    AnyRef, BitStringRef, ContextSpecific, ObjectIdentifier, OctetStringRef, UintRef,
};
use x509_cert::der::{self, Decode, Encode, Reader, SliceReader, TagNumber};
use x509_cert::spki::{AlgorithmIdentifierRef, SubjectPublicKeyInfoRef};
use zeroize::Zeroizing;

use crate::evidence::harbor::pods::KeyForm;

/// `rsaEncryption` (RFC 8017).
const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
/// `id-ecPublicKey` (RFC 5480).
const EC: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");

/// What a PEM text holds as a private key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PrivateKey {
    /// Its form.
    pub form: KeyForm,
    /// `kid` of its public half; absent where it cannot be read: it is encrypted or damaged, or an EC key that is
    /// stored without its public half.
    pub kid: Option<String>,
}

/// Reads the first block of a PEM text, as Harbor does (`pem.Decode` in libtrust's `UnmarshalPrivateKeyPEM`). No copy
/// of the key outlives the call.
pub fn private_key(pem: &str) -> PrivateKey {
    let Some(block) = block(pem, None) else { return PrivateKey::default() };
    let kid = |public: der::Result<Vec<u8>>| public.ok().map(|spki| of_spki(&spki));
    let (form, kid) = match block.label {
        "RSA PRIVATE KEY" => (KeyForm::Pkcs1, kid(of_pkcs1(&block.der))),
        "PRIVATE KEY" => (KeyForm::Pkcs8, kid(of_pkcs8(&block.der))),
        "EC PRIVATE KEY" => (KeyForm::Other, kid(of_sec1(&block.der, None))),
        label if label.ends_with("PRIVATE KEY") => return PrivateKey { form: KeyForm::Other, kid: None },
        _ => return PrivateKey::default(),
    };
    // What says it is an RSA key and cannot be read is of no use to Harbor.
    let form = if kid.is_none() && form != KeyForm::Other { KeyForm::Unreadable } else { form };
    PrivateKey { form, kid }
}

/// `kid` of the first certificate of a PEM text; `None` where there is none or it cannot be read.
pub fn certificate_kid(pem: &str) -> Option<String> {
    let block = block(pem, Some("CERTIFICATE"))?;
    let certificate = x509_cert::Certificate::from_der(&block.der).ok()?;
    let spki = certificate.tbs_certificate().subject_public_key_info().to_der().ok()?;
    Some(of_spki(&spki))
}

/// `kid` of a public key's DER (SubjectPublicKeyInfo).
pub fn of_spki(spki: &[u8]) -> String {
    const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let digest = Sha256::digest(spki);
    let mut kid = String::with_capacity(59);
    // 30 bytes are 48 digits of 5 bits; five bytes are two groups.
    for five in digest[..30].chunks_exact(5) {
        let bits = five.iter().fold(0u64, |bits, byte| bits << 8 | u64::from(*byte));
        for at in 0..8 {
            if at % 4 == 0 && !kid.is_empty() {
                kid.push(':');
            }
            kid.push(char::from(ALPHABET[(bits >> (35 - 5 * at) & 31) as usize]));
        }
    }
    kid
}

/// One block of a PEM text.
struct Block<'a> {
    label: &'a str,
    der: Zeroizing<Vec<u8>>,
}

/// The first block, or the first one with a label. A block with headers (`Proc-Type: 4,ENCRYPTED`) cannot be read.
fn block<'a>(pem: &'a str, wanted: Option<&str>) -> Option<Block<'a>> {
    let mut rest = pem;
    loop {
        let (_, after) = rest.split_once("-----BEGIN ")?;
        let (label, body) = after.split_once("-----")?;
        let (body, after) = body.split_once(&format!("-----END {label}-----"))?;
        rest = after;
        if wanted.is_some_and(|wanted| wanted != label) {
            continue;
        }
        let mut text = Zeroizing::new(String::with_capacity(body.len()));
        text.extend(body.chars().filter(|c| !c.is_ascii_whitespace()));
        let der = Zeroizing::new(STANDARD.decode(text.as_bytes()).ok().unwrap_or_default());
        return Some(Block { label, der });
    }
}

/// The public half of a PKCS#1 key: `SEQUENCE { version, modulus, publicExponent, … }` (RFC 8017, A.1.2).
fn of_pkcs1(der: &[u8]) -> der::Result<Vec<u8>> {
    let mut reader = SliceReader::new(der)?;
    let (modulus, exponent) = reader.sequence(|fields| {
        let _version = u8::decode(fields)?;
        let public = (UintRef::decode(fields)?, UintRef::decode(fields)?);
        // The private part has to be there, or Harbor cannot read the key either.
        for _ in 0..6 {
            UintRef::decode(fields)?;
        }
        while !fields.is_finished() {
            AnyRef::decode(fields)?;
        }
        Ok::<_, der::Error>(public)
    })?;
    reader.finish()?;
    let mut numbers = modulus.to_der()?;
    exponent.encode_to_vec(&mut numbers)?;
    let public = AnyRef::new(der::Tag::Sequence, &numbers)?.to_der()?;
    let algorithm = AlgorithmIdentifierRef { oid: RSA, parameters: Some(AnyRef::NULL) };
    SubjectPublicKeyInfoRef { algorithm, subject_public_key: BitStringRef::from_bytes(&public)? }.to_der()
}

/// The public half of a PKCS#8 key: `SEQUENCE { version, algorithm, privateKey, … }` (RFC 5208).
fn of_pkcs8(der: &[u8]) -> der::Result<Vec<u8>> {
    let mut reader = SliceReader::new(der)?;
    let (algorithm, inner) = reader.sequence(|fields| {
        let _version = u8::decode(fields)?;
        let found = (AlgorithmIdentifierRef::decode(fields)?, <&OctetStringRef>::decode(fields)?);
        while !fields.is_finished() {
            AnyRef::decode(fields)?;
        }
        Ok::<_, der::Error>(found)
    })?;
    match algorithm.oid {
        RSA => of_pkcs1(inner.as_bytes()),
        EC => of_sec1(inner.as_bytes(), algorithm.parameters),
        _ => Err(der::ErrorKind::Failed.into()),
    }
}

/// The public half of a SEC1 key: `SEQUENCE { 1, privateKey, [0] parameters, [1] publicKey }` (RFC 5915).
fn of_sec1(der: &[u8], curve: Option<AnyRef<'_>>) -> der::Result<Vec<u8>> {
    let mut reader = SliceReader::new(der)?;
    reader.sequence(|fields| {
        let _version = u8::decode(fields)?;
        let _private = <&OctetStringRef>::decode(fields)?;
        let named = ContextSpecific::<AnyRef<'_>>::decode_explicit(fields, TagNumber(0))?;
        let point = ContextSpecific::<BitStringRef<'_>>::decode_explicit(fields, TagNumber(1))?;
        let point = point.ok_or(der::ErrorKind::Failed)?.value;
        let parameters = named.map(|named| named.value).or(curve);
        let algorithm = AlgorithmIdentifierRef { oid: EC, parameters };
        SubjectPublicKeyInfoRef { algorithm, subject_public_key: point }.to_der()
    })
}

#[cfg(test)]
#[path = "key_id_tests.rs"]
mod tests;
