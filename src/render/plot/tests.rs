use super::*;

fn chart() -> Chart {
    let points = |by: f64| {
        [(10.0, 0.91), (20.0, 0.95), (40.0, 0.985)]
            .map(|(x, y)| {
                Point::new(x * by, y)
                    .y_between(y - 0.01, y + 0.01)
                    .x_between(x * by * 0.9, x * by * 1.1)
                    .labelled("ef")
            })
            .to_vec()
    };
    Chart::new(
        "Recall & <cost>",
        Axis::logarithmic("ms"),
        Axis::linear("recall").at_most(1.0),
    )
    .described("more candidates find more")
    .with(Series::line("today", points(1.0)))
    .with(Series::scatter("predicted", points(0.7)).estimated())
    .with_target_y(0.98, "target")
    .with_target_x(30.0, "budget")
}

#[test]
fn a_chart_is_well_formed_and_stands_alone() {
    let svg = chart().svg();
    assert_eq!(well_formed(&svg), Ok(()));
    for part in [
        "Recall &amp; &lt;cost&gt;",
        "<desc>more candidates",
        "class=\"s1 estimate\"",
        "target",
        "prefers-color-scheme:dark",
    ] {
        assert!(svg.contains(part), "{part} in {svg}");
    }
    assert_eq!(
        svg.matches("class=\"mark\"").count(),
        6 + 2,
        "a marker a point and a key a series"
    );
    assert_eq!(svg.matches("class=\"range\"").count(), 12);
    for absent in ["<script", "href", "url(", "NaN", "inf"] {
        assert!(!svg.contains(absent), "{absent} in {svg}");
    }
}

#[test]
fn a_histogram_is_steps_from_the_floor() {
    let chart = Chart::new(
        "h",
        Axis::logarithmic("ms"),
        Axis::linear("queries").at_least(0.0),
    )
    .with(Series::steps("a", vec![1.0, 2.0, 4.0], vec![3.0, 9.0]));
    let svg = chart.svg();
    assert_eq!(well_formed(&svg), Ok(()));
    assert_eq!(svg.matches("class=\"steps\"").count(), 1);
    assert!(!svg.contains("class=\"key\""), "one series needs no legend");
}

#[test]
fn values_without_a_place_are_left_out() {
    let points = vec![
        Point::new(0.0, 1.0),
        Point::new(f64::NAN, 1.0),
        Point::new(3.0, f64::INFINITY),
        Point::new(3.0, 2.0),
    ];
    let chart = Chart::new("", Axis::logarithmic(""), Axis::linear("")).with(Series::scatter("", points));
    assert_eq!(chart.svg().matches("class=\"mark\"").count(), 1);
    assert!(Chart::new("", Axis::linear(""), Axis::linear("")).is_empty());
    assert_eq!(
        well_formed(&Chart::new("", Axis::linear(""), Axis::linear("")).svg()),
        Ok(())
    );
}

/// Whether every element is closed in its order.
fn well_formed(svg: &str) -> Result<(), String> {
    let mut open: Vec<&str> = Vec::new();
    for tag in svg.split('<').skip(1) {
        let (tag, _) = tag.split_once('>').ok_or("an open tag")?;
        let name = tag
            .trim_start_matches('/')
            .split([' ', '/'])
            .next()
            .unwrap_or_default();
        if tag.starts_with('/') {
            if open.pop() != Some(name) {
                return Err(format!("</{name}> closes another element"));
            }
        } else if !tag.ends_with('/') {
            open.push(name);
        }
    }
    if open.is_empty() {
        Ok(())
    } else {
        Err(format!("{open:?} stay open"))
    }
}
