//! Where the vectors come from: a mixture of clusters on a curved surface, and noise.
//!
//! Row `i` draws from stream `i` of the generator, so it is the same row however many there are.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

use super::Parameters;

/// The stream that the surface and the clusters are drawn from; rows count from 0 and never reach it.
const SHAPE_STREAM: u64 = u64::MAX;
/// How far apart the clusters' centres lie, in units of a cluster's own width.
const SPREAD: f32 = 2.0;
/// How much the surface bends.
const CURVATURE: f32 = 0.25;

/// The surface and the clusters.
#[derive(Debug, Clone)]
pub struct Model {
    parameters: Parameters,
    key: [u8; 32],
    /// For each intrinsic dimension its direction, and then for each the direction in which the surface bends.
    directions: Vec<Vec<f32>>,
    /// The clusters' centres on the surface.
    centres: Vec<Vec<f32>>,
}

impl Model {
    /// Draws the surface and the clusters.
    pub fn new(parameters: Parameters) -> Self {
        let mut key = [0; 32];
        for (place, byte) in key.iter_mut().zip(parameters.seed.to_le_bytes()) {
            *place = byte;
        }
        let mut random = stream(key, SHAPE_STREAM);
        let mut draw = |count: usize, length: usize, scale: f32| -> Vec<Vec<f32>> {
            (0..count)
                .map(|_| (0..length).map(|_| scale * normal(&mut random)).collect())
                .collect()
        };
        let directions = draw(2 * parameters.intrinsic_dimensions, parameters.dimensions, 1.0);
        let centres = draw(parameters.clusters, parameters.intrinsic_dimensions, SPREAD);
        Self {
            parameters,
            key,
            directions,
            centres,
        }
    }

    /// Makes the vector of a row, of length 1, and returns its cluster.
    pub fn row(&self, row: u64, vector: &mut Vec<f32>) -> usize {
        let mut random = stream(self.key, row);
        let cluster = below(&mut random, self.centres.len());
        let centre = self.centres.get(cluster).map_or(&[][..], Vec::as_slice);
        let place: Vec<f32> = centre.iter().map(|centre| centre + normal(&mut random)).collect();

        vector.clear();
        vector.resize(self.parameters.dimensions, 0.0);
        let (straight, bent) = self.directions.split_at(place.len().min(self.directions.len()));
        for (coordinate, direction) in place.iter().zip(straight) {
            add(vector, *coordinate, direction);
        }
        // A product of neighbouring coordinates bends the surface without a function of libm.
        let neighbours = place.iter().zip(place.iter().cycle().skip(1));
        for ((one, next), direction) in neighbours.zip(bent) {
            add(vector, CURVATURE * one * next, direction);
        }
        normalize(vector);
        let noise = self.parameters.noise / root(self.parameters.dimensions);
        for element in vector.iter_mut() {
            *element += noise * normal(&mut random);
        }
        normalize(vector);
        cluster
    }
}

fn stream(key: [u8; 32], number: u64) -> ChaCha8Rng {
    let mut random = ChaCha8Rng::from_seed(key);
    random.set_stream(number);
    random
}

/// Nearly normal: twelve uniform numbers of 16 bits, added as integers (the Irwin-Hall distribution, mean 0, variance 1,
/// nothing beyond 6). The usual ways need a logarithm, which no two maths libraries round alike.
fn normal(random: &mut ChaCha8Rng) -> f32 {
    const MEAN: f32 = 6.0 * 65_535.0;
    const SCALE: f32 = 1.0 / 65_536.0;
    let mut sum: u32 = 0;
    for _ in 0..3 {
        let bits = random.next_u64();
        for part in bits.to_le_bytes().as_chunks::<2>().0 {
            sum += u32::from(u16::from_le_bytes(*part));
        }
    }
    // At most 12 * 65535, which a float holds exactly.
    #[expect(clippy::cast_precision_loss, reason = "below 2^24")]
    let sum = sum as f32;
    (sum - MEAN) * SCALE
}

/// A number below `count`, by multiplication, the same on machines of any word size.
fn below(random: &mut ChaCha8Rng, count: usize) -> usize {
    let product = u128::from(random.next_u64()) * u128::try_from(count).unwrap_or_default();
    usize::try_from(product >> 64).unwrap_or_default()
}

fn add(vector: &mut [f32], factor: f32, direction: &[f32]) {
    for (element, part) in vector.iter_mut().zip(direction) {
        *element += factor * part;
    }
}

/// Makes the length 1; the squares are added one after the other, so that the sum is the same everywhere.
fn normalize(vector: &mut [f32]) {
    let square: f32 = vector.iter().fold(0.0, |sum, element| sum + element * element);
    if square > 0.0 {
        let length = square.sqrt();
        for element in vector {
            *element /= length;
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "at most 16000")]
fn root(count: usize) -> f32 {
    (count as f32).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parameters() -> Parameters {
        Parameters {
            rows: 1_000,
            dimensions: 64,
            intrinsic_dimensions: 6,
            clusters: 10,
            noise: 0.05,
            seed: 7,
        }
    }

    fn vectors(parameters: Parameters) -> Vec<(usize, Vec<f32>)> {
        let model = Model::new(parameters);
        let row = |row| {
            let mut vector = Vec::new();
            (model.row(row, &mut vector), vector)
        };
        (0..parameters.rows).map(row).collect()
    }

    #[test]
    fn vectors_have_length_one_and_every_cluster_is_used() {
        let rows = vectors(parameters());
        for (_, vector) in &rows {
            let length: f32 = vector.iter().map(|x| x * x).sum::<f32>().sqrt();
            assert!((length - 1.0).abs() < 1e-5, "{length}");
        }
        let used: std::collections::BTreeSet<usize> = rows.iter().map(|(cluster, _)| *cluster).collect();
        assert_eq!(used.len(), 10);
    }

    #[test]
    fn the_seed_changes_every_row_and_the_number_of_rows_none() {
        let few = vectors(Parameters {
            rows: 5,
            ..parameters()
        });
        assert!(vectors(parameters()).starts_with(&few));
        let others = vectors(Parameters {
            rows: 5,
            seed: 8,
            ..parameters()
        });
        assert!(few.iter().zip(&others).all(|(one, other)| one.1 != other.1));
    }

    #[test]
    fn the_intrinsic_dimension_is_what_the_noise_lets_it_be() {
        // The ratio of the distances to the two nearest neighbours tells it (Facco et al. 2017).
        let estimate = |intrinsic_dimensions: usize| {
            let rows = vectors(Parameters {
                dimensions: 24,
                intrinsic_dimensions,
                clusters: 1,
                noise: 0.0,
                ..parameters()
            });
            // A few rows tell it; each has itself for its nearest.
            let probes = rows.iter().take(150);
            let logs: Vec<f64> = probes
                .map(|(_, one)| {
                    let mut nearest = [f32::INFINITY; 3];
                    for (_, other) in &rows {
                        let distance: f32 = one.iter().zip(other).map(|(a, b)| (a - b) * (a - b)).sum();
                        let place = nearest.partition_point(|near| *near <= distance);
                        if place < nearest.len() {
                            nearest[place..].rotate_right(1);
                            nearest[place] = distance;
                        }
                    }
                    (f64::from(nearest[2]) / f64::from(nearest[1])).ln() / 2.0
                })
                .collect();
            f64::from(u16::try_from(logs.len()).unwrap()) / logs.iter().sum::<f64>()
        };
        let (few, many) = (estimate(3), estimate(12));
        assert!((2.0..4.0).contains(&few), "{few}");
        assert!((6.0..14.0).contains(&many), "{many}");
    }
}
