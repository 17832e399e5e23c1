/// The octets that hexadecimal digits stand for; spaces between them are ignored.
pub fn octets(digits: &str) -> Vec<u8> {
    let digits: Vec<u8> = digits
        .chars()
        .filter(|c| !c.is_whitespace())
        .map(|c| u8::try_from(c.to_digit(16).expect("a hexadecimal digit")).expect("a nibble"))
        .collect();
    assert_eq!(digits.len() % 2, 0, "whole octets");
    digits
        .chunks(2)
        .map(|pair| pair[0] << 4 | pair[1])
        .collect()
}
