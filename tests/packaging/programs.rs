//! Stand-ins for the plugin's binaries: programs of a platform's own format, as small as can be. Those for Linux print a line
//! and end; of the others only the beginning is real.

/// A program for this platform with this line in it.
pub fn program(platform: &str, line: &str) -> Vec<u8> {
    let line = format!("{line}\n").into_bytes();
    match platform {
        "linux-amd64" => elf(62, &amd64(&line)),
        "linux-arm64" => elf(183, &arm64(&line)),
        // Mach-O's magic number and the kind of processor.
        "darwin-amd64" => [&[0xcf, 0xfa, 0xed, 0xfe, 0x07, 0, 0, 1], line.as_slice()].concat(),
        "darwin-arm64" => [&[0xcf, 0xfa, 0xed, 0xfe, 0x0c, 0, 0, 1], line.as_slice()].concat(),
        "windows-amd64" => [b"MZ", line.as_slice()].concat(),
        other => panic!("{other} is none of the platforms"),
    }
}

/// A static executable: its header, one segment, and the code in it.
fn elf(machine: u16, code: &[u8]) -> Vec<u8> {
    const BASE: u64 = 0x40_0000;
    const HEADERS: u64 = 64 + 56;
    let size = HEADERS + code.len() as u64;
    let mut file = b"\x7fELF\x02\x01\x01".to_vec();
    file.resize(16, 0);
    file.extend([2_u16, machine].map(u16::to_le_bytes).concat());
    file.extend(1_u32.to_le_bytes());
    // Where it begins, where the program header is, and that there are no sections.
    file.extend([BASE + HEADERS, 64, 0].map(u64::to_le_bytes).concat());
    file.extend(0_u32.to_le_bytes());
    file.extend([64_u16, 56, 1, 0, 0, 0].map(u16::to_le_bytes).concat());
    // To be loaded, to be read and run.
    file.extend([1_u32, 5].map(u32::to_le_bytes).concat());
    file.extend([0, BASE, BASE, size, size, 0x1000].map(u64::to_le_bytes).concat());
    file.extend(code);
    file
}

/// write(1, line), exit(0).
fn amd64(line: &[u8]) -> Vec<u8> {
    let mut code = vec![0xb8, 1, 0, 0, 0, 0xbf, 1, 0, 0, 0]; // mov eax, 1; mov edi, 1
    code.extend([0x48, 0x8d, 0x35, 16, 0, 0, 0, 0xba]); // lea rsi, [rip + 16]; mov edx, …
    code.extend(u32::try_from(line.len()).expect("a short line").to_le_bytes());
    code.extend([0x0f, 0x05, 0xb8, 60, 0, 0, 0, 0x31, 0xff, 0x0f, 0x05]); // syscall; mov eax, 60; xor edi, edi; syscall
    code.extend(line);
    code
}

/// The same.
fn arm64(line: &[u8]) -> Vec<u8> {
    let length = u32::try_from(line.len()).expect("a short line");
    // mov x0, 1; adr x1, . + 28; mov x2, …; mov x8, 64; svc 0; mov x0, 0; mov x8, 93; svc 0
    let words = [0xd280_0020, 0x1000_00e1, 0xd280_0002 | length << 5, 0xd280_0808, 0xd400_0001_u32];
    let end = [0xd280_0000, 0xd280_0ba8, 0xd400_0001_u32];
    let code = words.into_iter().chain(end).flat_map(u32::to_le_bytes);
    code.chain(line.iter().copied()).collect()
}
