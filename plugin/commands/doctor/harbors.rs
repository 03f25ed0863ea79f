//! Harbor's cores, where there is a Harbor: found by the labels of its installers, asked through port-forward, which
//! creates nothing and needs no image.

use regauth::api::ApiError;
use regauth::collect::harbor;
use regauth::evidence::Unread;

use super::super::harbor::through_port_forward;
use super::super::parts::{denied, failed, left_out, not_done};
use super::{Part, Visit};

/// How many Harbors are looked at.
const HARBORS: usize = 3;

/// Every Harbor in the visit's namespaces. None is no finding.
pub(super) async fn look(visit: &Visit<'_>) -> Part {
    let _doing = visit.live.doing("Harbor");
    let within = (!visit.args.all_namespaces).then_some(visit.namespace.as_str());
    let found = match harbor::namespaces(visit.api, within).await {
        Ok(found) => found,
        Err(error) => return Part::of(not_searched(visit, &error)),
    };
    let mut part = Part::default();
    for (at, namespace) in found.iter().enumerate() {
        let what = format!("Harbor in namespace {namespace}");
        if at >= HARBORS {
            let why = format!("{HARBORS} others were looked at");
            part.unread.push(left_out(&what, &why, "--namespace looks at it by itself"));
            continue;
        }
        let looking = through_port_forward(visit.api, namespace, visit.left());
        match tokio::time::timeout(visit.left(), looking).await {
            Ok(Ok((evidence, note))) => {
                part.evidence.push(*evidence);
                part.unread.extend(note.map(|why| failed(&format!("the cores of {what}"), &why)));
            }
            Ok(Err(failure)) => part.unread.push(not_done(&what, &failure)),
            Err(_) => part.unread.push(failed(&what, "the time was up; --max-duration gives more")),
        }
    }
    part
}

fn not_searched(visit: &Visit<'_>, error: &ApiError) -> Unread {
    let what = format!("whether there is a Harbor in {}", visit.place());
    match error.code() {
        Some(401 | 403) => denied(&what, &format!("list pods in {}", visit.place())),
        _ => failed(&what, &error.to_string()),
    }
}
