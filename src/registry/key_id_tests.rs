use super::*;

macro_rules! key {
    ($name:literal) => {
        include_str!(concat!("../../tests/fixtures/keys/", $name, ".pem"))
    };
}

const RSA1024: &str = "CZUL:ZRXP:KDWO:D5H4:EFB5:PKKZ:PWOP:N27D:CQEK:I5OR:TJL4:2ALN";
const RSA2048: &str = "NQLC:72R4:ABXP:HXST:6SIY:ZCIB:DL5R:JW7S:4DSQ:3LDI:WMU2:ERXT";
const RSA4096: &str = "CXGK:EVOA:SZKC:YZIM:HCVT:KVOR:SYUO:APGM:RN7P:MHO6:6KVG:A5VY";
const EC256: &str = "NKXT:7RAC:2S7B:5V2J:YXUY:VWM7:FSGG:DGTP:HNT4:YH44:L4UJ:NI2S";

fn read(pem: &str) -> (KeyForm, Option<String>) {
    let PrivateKey { form, kid } = private_key(pem);
    (form, kid)
}

#[test]
fn harbors_public_test_key_has_the_id_that_harbors_tests_know() {
    let public = block(key!("harbor-test.public"), Some("PUBLIC KEY")).unwrap();
    assert_eq!(of_spki(&public.der), "73IN:4HR6:ZBEX:6NXN:23FH:2ZKD:GPDS:KTOK:Y5VO:7IHS:PRVK:HGGG");
}

#[test]
fn the_id_is_that_of_the_public_key_which_openssl_writes() {
    for (pem, form, kid) in [
        (key!("rsa1024.pkcs1"), KeyForm::Pkcs1, RSA1024),
        (key!("rsa2048.pkcs1"), KeyForm::Pkcs1, RSA2048),
        (key!("rsa4096.pkcs1"), KeyForm::Pkcs1, RSA4096),
        (key!("rsa1024.pkcs8"), KeyForm::Pkcs8, RSA1024),
        (key!("rsa2048.pkcs8"), KeyForm::Pkcs8, RSA2048),
        (key!("ec256.sec1"), KeyForm::Other, EC256),
        (key!("ec256.pkcs8"), KeyForm::Pkcs8, EC256),
    ] {
        assert_eq!(read(pem), (form, Some(kid.to_string())));
    }
}

#[test]
fn a_certificate_has_the_id_of_its_key() {
    assert_eq!(certificate_kid(key!("rsa2048.crt")).as_deref(), Some(RSA2048));
    let chain = format!("{}\n{}", key!("rsa2048.pkcs1"), key!("rsa2048.crt"));
    assert_eq!(certificate_kid(&chain).as_deref(), Some(RSA2048));
    assert_eq!(certificate_kid(key!("rsa2048.pkcs1")), None);
}

#[test]
fn white_space_and_text_around_the_key_do_not_change_its_id() {
    let key = key!("rsa1024.pkcs1");
    for text in [key.replace('\n', "\r\n"), format!("a comment\n\n{key}\n\n"), key.replace('\n', "\n  ")] {
        assert_eq!(read(&text), (KeyForm::Pkcs1, Some(RSA1024.to_string())));
    }
}

#[test]
fn a_key_that_cannot_be_read_has_no_id() {
    let key = key!("rsa1024.pkcs1");
    let cut = key.replacen("\nMII", "\n", 1);
    let renamed = key!("rsa1024.pkcs8").replace("PRIVATE KEY", "RSA PRIVATE KEY");
    for text in ["", "no key", "-----BEGIN RSA PRIVATE KEY-----", &cut, &renamed, key!("rsa1024.encrypted")] {
        assert_eq!(read(text), (KeyForm::Unreadable, None));
    }
    assert_eq!(read(key!("rsa2048.crt")), (KeyForm::Unreadable, None));
    let encrypted = "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n";
    assert_eq!(read(encrypted), (KeyForm::Other, None));
}

#[test]
fn an_ec_key_without_its_public_half_has_no_id() {
    assert_eq!(read(key!("ec256.nopublic")), (KeyForm::Other, None));
}
