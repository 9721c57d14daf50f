//! Several cases side by side: k, filters, roles.

use serde_json::Value;

use super::{ROWS, document, hnsw, vecops};
use crate::support::on_each_server;

#[tokio::test]
async fn cases_are_measured_side_by_side_each_against_its_own_neighbours() {
    on_each_server(async |database| {
        let _connection = hnsw(database).await;
        let run = [
            "bench",
            "run",
            "public.docs",
            "--stored",
            "30",
            "--ef-search",
            "40,200",
            "-k",
            "5,20",
            "--as",
            "service_role,anon",
            "--filter",
            "{}",
            "--filter",
            "{\"tenth\":true}",
            "--passes",
            "1",
            "--json",
        ];
        // The policy keeps anon to every tenth row; service_role passes it by.
        let mut connection = database.connection().await;
        vecops::sql::run(&mut connection, "grant select on public.docs to service_role")
            .await
            .unwrap();
        let report = document(&vecops(database, &run).success());
        let data = &report["data"];
        let cases = data["cases"].as_array().unwrap();
        let rows = |case: &Value| usize::try_from(case["exact"]["rows"].as_u64().unwrap()).unwrap();
        assert_eq!(cases.len(), 8);
        assert_eq!(
            cases.iter().map(rows).collect::<Vec<_>>(),
            [
                ROWS + 20,
                ROWS + 20,
                ROWS / 10,
                ROWS / 10,
                ROWS / 10,
                ROWS / 10,
                ROWS / 10,
                ROWS / 10
            ]
        );
        assert_eq!((&cases[3]["k"], &cases[3]["role"]), (&20.into(), &"anon".into()));
        let share = cases[2]["share_of_table"].as_f64().unwrap();
        assert!((0.09..0.11).contains(&share), "{share}");
        let measured = data["configurations"].as_array().unwrap();
        assert_eq!(measured.len(), 16);
        for (place, one) in measured.iter().enumerate() {
            assert_eq!(one["case"], place / 2);
            assert_eq!(one["recall"]["k"], cases[place / 2]["k"]);
            assert_eq!(one["recalls"].as_array().unwrap().len(), 30);
        }
        let text = vecops(database, &run[..run.len() - 1]).success();
        let text = String::from_utf8_lossy(&text.get_output().stdout).into_owned();
        assert!(
            text.contains("ef_search 40, k 5, where {}, as service_role"),
            "{text}"
        );
    })
    .await;
}
