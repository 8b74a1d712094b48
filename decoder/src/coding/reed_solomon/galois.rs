//! Arithmetic in GF(256) over any primitive polynomial, by logarithms.

/// Multiplicative order of the field.
pub(super) const ORDER: usize = 255;

/// Tables of one field; `alpha` is the root x of the polynomial.
#[derive(Debug, Clone)]
pub(super) struct Galois {
    /// Powers of alpha, twice over so that two logarithms add without reduction.
    exp: [u8; 2 * ORDER],
    log: [u8; 256],
}

impl Galois {
    /// The field of a polynomial given with its x^8 term, `None` when it is not primitive.
    pub(super) fn new(polynomial: u16) -> Option<Self> {
        if polynomial >> 8 != 1 {
            return None;
        }
        let mut field = Self {
            exp: [0; 2 * ORDER],
            log: [0; 256],
        };
        let mut x = 1u16;
        for power in 0..ORDER {
            if power > 0 && x == 1 {
                return None;
            }
            field.exp[power] = x as u8;
            field.exp[power + ORDER] = x as u8;
            field.log[x as usize] = power as u8;
            x <<= 1;
            if x > 0xFF {
                x ^= polynomial;
            }
        }
        (x == 1).then_some(field)
    }

    /// Alpha to the power of `n`.
    pub(super) fn power(&self, n: usize) -> u8 {
        self.exp[n % ORDER]
    }

    /// Alpha to the power of `n`, which must be below 510.
    pub(super) fn power_below_twice_order(&self, n: usize) -> u8 {
        self.exp[n]
    }

    /// Logarithm of `a`, which must not be zero.
    pub(super) fn log(&self, a: u8) -> usize {
        debug_assert!(a != 0);
        self.log[a as usize] as usize
    }

    pub(super) fn mul(&self, a: u8, b: u8) -> u8 {
        if a == 0 || b == 0 {
            0
        } else {
            self.exp[self.log(a) + self.log(b)]
        }
    }

    /// `a / b`; `b` must not be zero.
    pub(super) fn div(&self, a: u8, b: u8) -> u8 {
        if a == 0 {
            0
        } else {
            self.exp[self.log(a) + ORDER - self.log(b)]
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_primitive_polynomials_make_a_field() {
        let primitive = (0x100..0x200).filter(|&p| Galois::new(p).is_some()).count();
        assert_eq!(primitive, 16, "phi(255) / 8");
        assert!(Galois::new(0x87).is_none() && Galois::new(0x387).is_none());
    }

    #[test]
    fn logarithms_agree_with_shift_and_add() {
        for polynomial in [0x187u16, 0x11D] {
            let field = Galois::new(polynomial).expect("primitive");
            for a in 0..=255u8 {
                for b in 0..=255u8 {
                    let mut product = 0u16;
                    for bit in (0..8).rev() {
                        product <<= 1;
                        if product > 0xFF {
                            product ^= polynomial;
                        }
                        if b >> bit & 1 == 1 {
                            product ^= u16::from(a);
                        }
                    }
                    assert_eq!(u16::from(field.mul(a, b)), product);
                    if b != 0 {
                        assert_eq!(field.mul(field.div(a, b), b), a);
                    }
                }
            }
        }
    }
}
