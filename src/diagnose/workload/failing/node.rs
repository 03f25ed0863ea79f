//! What the API server shows of the node.

use super::case::Case;
use super::choice::Choice;
use super::scene::Scene;
use crate::code::Code;
use crate::evidence::node::Pressure;

pub(super) fn weigh(_: &Scene<'_>, case: &Case<'_>, choice: &mut Choice) {
    let Some(node) = case.node else { return };
    if choice.names(Code::NodeDiskFull) && node.pressures.contains(&Pressure::Disk) {
        choice.settle(Code::NodeDiskFull);
        choice.remarks.push("the node itself reports DiskPressure".into());
    }
    if node.pressures.contains(&Pressure::NotReady) && !choice.code.is_registrys_answer() {
        choice.remarks.push("the node is not Ready".into());
    }
}
