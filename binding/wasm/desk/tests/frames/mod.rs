//! Camera frames of a symbol, drawn: perspective, blur, contrast, glare, noise on a patterned background.

#![expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "drawing")]

use tongma_qr::Symbol;

/// Numbers that look random and come again with the same seed.
pub struct Dice(pub u64);

impl Dice {
    pub fn below(&mut self, end: u32) -> u32 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) % u64::from(end)) as u32
    }

    pub fn unit(&mut self) -> f32 {
        self.below(1 << 24) as f32 / (1 << 24) as f32
    }

    /// Nearly normal, deviation 1.
    fn normal(&mut self) -> f32 {
        2.0 * ((0..3).map(|_| self.unit()).sum::<f32>() - 1.5)
    }
}

/// How a frame is taken.
#[derive(Clone, Copy)]
pub struct Take {
    pub name: &'static str,
    pub width: usize,
    pub height: usize,
    pub pixels_per_module: f32,
    pub turned_deg: f32,
    pub tilted_deg: f32,
    /// Deviation of the blur in modules.
    pub blur_modules: f32,
    /// Share of the full range between dark and light.
    pub contrast: f32,
    /// Deviation of the noise in grey levels of 255.
    pub noise: f32,
    pub inverted: bool,
    /// Brightness change across the frame, as a share of the range.
    pub glare: f32,
}

/// A clean 640 × 480 frame with five pixels a module.
pub const CLEAN: Take = Take {
    name: "5 px",
    width: 640,
    height: 480,
    pixels_per_module: 5.0,
    turned_deg: 0.0,
    tilted_deg: 0.0,
    blur_modules: 0.1,
    contrast: 0.8,
    noise: 3.0,
    inverted: false,
    glare: 0.0,
};

pub fn frame(symbol: &Symbol, take: &Take, dice: &mut Dice) -> Vec<u8> {
    let mut light = project(symbol, take, dice);
    blur(&mut light, take, take.blur_modules * take.pixels_per_module);
    let (glare_y, glare_x) = (dice.unit() * core::f32::consts::TAU).sin_cos();
    let (width, height) = (take.width as f32, take.height as f32);
    let pixels = light.iter().enumerate().map(|(index, light)| {
        let x = (index % take.width) as f32 / width - 0.5;
        let y = (index / take.width) as f32 / height - 0.5;
        let value = 0.5 + (light - 0.5) * take.contrast + take.glare * (x * glare_x + y * glare_y);
        (value * 255.0 + dice.normal() * take.noise).clamp(0.0, 255.0) as u8
    });
    pixels.collect()
}

/// The symbol as seen by an ideal camera, four samples a pixel; 0 dark, 1 light.
fn project(symbol: &Symbol, take: &Take, dice: &mut Dice) -> Vec<f32> {
    const SAMPLES: usize = 2;
    let modules = symbol.size() as f32;
    let (sine, cosine) = (take.turned_deg + (dice.unit() - 0.5) * 4.0).to_radians().sin_cos();
    let (tilt_sine, tilt_cosine) = take.tilted_deg.to_radians().sin_cos();
    // The camera stands two and a half symbols away.
    let perspective = tilt_sine / (modules * take.pixels_per_module) * 0.4;
    let middle = |length: usize, shift: f32| length as f32 / 2.0 + (shift - 0.5) * 20.0;
    let (centre_x, centre_y) = (middle(take.width, dice.unit()), middle(take.height, dice.unit()));
    let phase = dice.unit() * 10.0;
    let sample = |x: f32, y: f32| {
        let (across, down) = (x - centre_x, y - centre_y);
        let (along, depth) = (cosine * across + sine * down, (cosine * down - sine * across) / tilt_cosine);
        let scale = (1.0 + perspective * depth) / take.pixels_per_module;
        let (column, row) = (along * scale + modules / 2.0, depth * scale + modules / 2.0);
        let outside = |at: f32| !(-4.0..modules + 4.0).contains(&at);
        if outside(column) || outside(row) {
            return 0.45 + 0.15 * (x / 23.0 + phase).sin() * (y / 31.0).cos();
        }
        let dark = column >= 0.0 && row >= 0.0 && symbol.dark(column as usize, row as usize);
        if dark == take.inverted { 1.0 } else { 0.0 }
    };
    let offset = |index: usize| (index as f32 + 0.5) / SAMPLES as f32;
    let pixel = |index: usize| {
        let (x, y) = ((index % take.width) as f32, (index / take.width) as f32);
        let samples = (0..SAMPLES * SAMPLES).map(|at| sample(x + offset(at % SAMPLES), y + offset(at / SAMPLES)));
        samples.sum::<f32>() / (SAMPLES * SAMPLES) as f32
    };
    (0..take.width * take.height).map(pixel).collect()
}

/// A Gaussian, along the rows and then along the columns.
fn blur(light: &mut [f32], take: &Take, deviation: f32) {
    let radius = (deviation * 3.0).ceil() as usize;
    let weight = |at: usize| (-(at as f32 - radius as f32).powi(2) / (2.0 * deviation * deviation)).exp();
    let weights: Vec<f32> = (0..=2 * radius).map(weight).collect();
    let total: f32 = weights.iter().sum();
    for down in [false, true] {
        let source = light.to_vec();
        for (index, value) in light.iter_mut().enumerate() {
            let (x, y) = (index % take.width, index / take.width);
            let near = |at: usize, shift: usize, end: usize| (at + shift).saturating_sub(radius).min(end - 1);
            let weighted = weights.iter().enumerate().map(|(shift, weight)| {
                let (x, y) = if down { (x, near(y, shift, take.height)) } else { (near(x, shift, take.width), y) };
                weight * source[y * take.width + x]
            });
            *value = weighted.sum::<f32>() / total;
        }
    }
}
