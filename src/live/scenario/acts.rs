//! What is done in each scenario.

use std::collections::BTreeSet;
use std::net::SocketAddr;

use bytes::Bytes;
use serde_json::{Value as Json, json};
use tokio::time::Duration;

use super::service::{HANDLER, serve};
use super::{Halt, LAST, PATIENCE, Stage, idle};
use crate::fabric::release::Release;
use crate::live::pages::{Request, Undone, query};
use crate::suite::live::rolling::NODES;
use crate::suite::live::{
    PARTITIONS, Point, SERVICE, Scenario, Through, again, features, missing, store, which_features,
};
use crate::suite::upgrade::Kind;

/// How long a server may take to say something that is right.
const SAYING: Duration = Duration::from_secs(6);
/// How long operators try something again that is refused: a server has to know of it first.
const TRYING: Duration = Duration::from_secs(15);
/// How long leaders are given to write what an operator wants.
const WRITING: Duration = Duration::from_secs(3);
/// How long processes are watched.
const WATCHING: Duration = Duration::from_secs(10);
/// Requests with keys: enough for some to be of other partitions by another rule.
const KEYS: usize = 6;
/// The Kafka cluster; nobody is there.
const CLUSTER: &str = "made-here";
const NOBODY: &str = "127.0.0.1:1";

impl Stage<'_> {
    /// The newer node leaves, that had led so many partitions.
    pub(super) async fn goes_on_without(&mut self, led: usize) -> Result<(), Halt> {
        self.cluster.leaves(LAST).await;
        let idle = idle(&self.leaders(PATIENCE).await?);
        let words = format!(
            "{idle} of {PARTITIONS} partitions take nothing any more; the newer node had led {led}"
        );
        self.sees(Point::GoesOn, (idle > 0).then_some(words));
        Ok(())
    }

    /// An operator makes a rule, and leaders write it.
    pub(super) async fn rules(&mut self) -> Result<(), Halt> {
        let rule = json!([{ "pattern": "made-here/*", "limits": { "concurrency": 5 } }]);
        self.operates(LAST, ("PUT", "/limits/rules"), rule).await?;
        self.play.passes(WRITING).await?;
        let idle = idle(&self.leaders(PATIENCE).await?);
        if idle > 0 {
            let words =
                format!("{idle} of {PARTITIONS} partitions take nothing since there is a rule");
            self.sees(Point::GoesOn, Some(words));
            return Err(Halt::Told);
        }
        Ok(())
    }

    /// An old and a new node are asked by SQL for what was taken.
    pub(super) async fn answers(&mut self) -> Result<(), Halt> {
        let taken = self.cluster.taken();
        for point in Scenario::Sql.points() {
            let Point::Answer(node, question) = point else { continue };
            let Some(admin) = self.cluster.admin(node) else { continue };
            let answer = async || {
                let rows = query(admin, question.sql()).await;
                Ok(rows.and_then(|rows| missing(&taken, &rows).map_or(Ok(()), Err)))
            };
            let wrong = self.play.tries(SAYING, answer).await?.err();
            self.sees(point, wrong);
        }
        Ok(())
    }

    /// What the newer node has in the schema, after the older one has changed it.
    pub(super) async fn keeps_a_kafka_cluster(&mut self) -> Result<(), Halt> {
        self.registers(LAST).await?;
        self.makes_a_kafka_cluster().await?;
        if !self.has_kafka_cluster().await? {
            return Err(Halt::Unreached(
                "the newer node does not list what it has made".to_owned(),
            ));
        }
        self.changes_service(0, false).await?;
        // The change has arrived when the newer node tells of it.
        let path = format!("/services/{SERVICE}");
        let change = async || {
            let service = self.operates(LAST, ("GET", &path), Json::Null).await?;
            let never = "the newer node never heard of the change on the older one";
            Ok((service["public"] == json!(false)).then_some(()).ok_or(never))
        };
        let heard = self.play.tries(TRYING, change).await?;
        heard.map_err(|why| Halt::Unreached(why.to_owned()))?;
        let words =
            format!("the Kafka cluster {CLUSTER:?} is gone after a change on the older node");
        let is_there = self.has_kafka_cluster().await?;
        self.sees(Point::Kept, (!is_there).then_some(words));
        Ok(())
    }

    /// A subscription that only the newer line understands, and a change of the schema.
    pub(super) async fn runs_on(&mut self) -> Result<(), Halt> {
        self.registers(LAST).await?;
        self.makes_a_kafka_cluster().await?;
        let subscription = json!({
            "source": format!("kafka://{CLUSTER}/any"),
            "sink": format!("service://{SERVICE}/{HANDLER}"),
        });
        self.makes(LAST, "/subscriptions", subscription).await?;
        // Every node is to hear of it before the next change.
        self.play.passes(WRITING).await?;
        self.changes_service(LAST, false).await?;
        let all_old_ones = async || {
            let fallen = self.cluster.fallen();
            Ok(if fallen < LAST { Err(fallen) } else { Ok(fallen) })
        };
        let fallen = self.play.tries(WATCHING, all_old_ones).await?;
        let (Ok(fallen) | Err(fallen)) = fallen;
        let words = format!("{fallen} of {NODES} processes end");
        self.sees(Point::Runs, (fallen > 0).then_some(words));
        Ok(())
    }

    /// Requests with keys in a cluster of the newer line, and again when one of the older line is there.
    pub(super) async fn knows_its_keys(&mut self) -> Result<(), Halt> {
        self.registers(0).await?;
        let first: Result<Vec<String>, String> = self.requests(0).await?.into_iter().collect();
        let first = first.map_err(Halt::Unreached)?;
        let made_with = self.features().await?;
        let then = self.requests(0).await?;
        self.sees(Point::Known(Through::Newer), again(&first, &then));
        let play = self.play;
        let [older, newer] = &play.builds;
        self.moves(LAST, older).await?;
        if made_with.is_empty() {
            let why = "the newer line makes clusters without features";
            return Err(Halt::Unreached(why.to_owned()));
        }
        let left = self.features().await?;
        let lost: Vec<&str> = made_with.difference(&left).map(String::as_str).collect();
        let words = format!("the cluster has lost {}", lost.join(", "));
        self.sees(Point::Features, (!lost.is_empty()).then_some(words));
        let then = self.requests(LAST).await?;
        self.sees(Point::Known(Through::Older), again(&first, &then));
        self.moves(0, newer).await?;
        let then = self.requests(0).await?;
        self.sees(Point::Known(Through::Restarted), again(&first, &then));
        Ok(())
    }

    /// Partitions are pinned and frozen, and the newer node leaves.
    pub(super) async fn keeps_pins(&mut self) -> Result<(), Halt> {
        let [_, release] = self.play.releases();
        let mut pinned = Vec::new();
        for partition in 0..PARTITIONS {
            // Who claims a partition at that moment is first.
            let document = self.play.tries(TRYING, async || self.pins(partition, release).await);
            let unpinned = |why| Halt::Unreached(format!("partition {partition}: {why}"));
            pinned.push(document.await?.map_err(unpinned)?);
        }
        self.cluster.leaves(LAST).await;
        // Who takes something has claimed the partition.
        let idle = idle(&self.leaders(PATIENCE).await?);
        if idle > 0 {
            let words = format!("{idle} of {PARTITIONS} partitions take nothing any more");
            return Err(Halt::Broken(Kind::NoProgress, words));
        }
        let mut now = Vec::new();
        for partition in 0..PARTITIONS {
            now.push(self.document(partition, release).await?.map_err(Halt::Unreached)?);
        }
        self.sees(Point::Kept, store::lost(&pinned, &now));
        Ok(())
    }

    /// An operator pins a partition, and freezes it; the document that says so.
    async fn pins(
        &self,
        partition: u16,
        release: Release,
    ) -> Result<Result<store::Document, String>, Halt> {
        let found = self.document(partition, release).await?;
        let pinned =
            found.and_then(|it| it.pinned(release)).and_then(|it| Ok((it.put(release)?, it)));
        match pinned {
            Ok((put, pinned)) => Ok(self.stored(store::PUT, &put).await?.map(|_| pinned)),
            Err(why) => Ok(Err(why)),
        }
    }

    async fn document(
        &self,
        partition: u16,
        release: Release,
    ) -> Result<Result<store::Document, String>, Halt> {
        let got = self.stored(store::GET, &store::get(partition)).await?;
        Ok(got.and_then(|answer| store::Document::read(partition, &answer, release)))
    }

    /// Asks the store, of which one node knows: it may change.
    async fn stored(&self, method: &str, message: &Bytes) -> Result<Result<Bytes, String>, Halt> {
        let call = async || {
            let mut why = "nobody is there".to_owned();
            for line in (0..NODES).filter_map(|node| self.cluster.line(node)) {
                match line.call(method, message.clone()).await {
                    Ok(answer) => return Ok(Ok(answer)),
                    Err(words) => why = words,
                }
            }
            Ok(Err(why))
        };
        self.play.tries(WRITING, call).await
    }

    /// The features of the cluster, as the first node knows them.
    async fn features(&self) -> Result<BTreeSet<String>, Halt> {
        let said = self.cluster.plays(0, which_features).await;
        let features = said.and_then(|(known, log)| features(&known, &log));
        features
            .ok_or_else(|| Halt::Unreached("a node does not say what its cluster has".to_owned()))
    }

    /// An operator makes a Kafka cluster on the newer node.
    async fn makes_a_kafka_cluster(&self) -> Result<(), Halt> {
        let cluster = json!({
            "name": CLUSTER,
            "properties": { "bootstrap.servers": NOBODY },
        });
        self.makes(LAST, "/kafka-clusters", cluster).await
    }

    async fn has_kafka_cluster(&self) -> Result<bool, Halt> {
        let listed = self.operates(LAST, ("GET", "/kafka-clusters"), Json::Null).await?;
        let mut all = listed["clusters"].as_array().into_iter().flatten();
        Ok(all.any(|it| it["name"] == json!(CLUSTER)))
    }

    /// An operator tells a node of our service.
    async fn registers(&self, node: usize) -> Result<(), Halt> {
        let socket = serve().await?;
        let service = json!({ "uri": format!("http://{socket}"), "use_http_11": true });
        self.makes(node, "/deployments", service).await
    }

    /// An operator changes our service, on a node.
    async fn changes_service(&self, node: usize, is_public: bool) -> Result<(), Halt> {
        let path = format!("/services/{SERVICE}");
        self.operates(node, ("PATCH", &path), json!({ "public": is_public })).await.map(|_| ())
    }

    /// An operator makes something on a node.
    async fn makes(&self, node: usize, path: &str, body: Json) -> Result<(), Halt> {
        self.operates(node, ("POST", path), body).await.map(|_| ())
    }

    /// An operator asks a node for something; what it cannot do yet is tried again, and what may be made
    /// already is not made twice.
    async fn operates(
        &self,
        node: usize,
        (method, path): (&str, &str),
        body: Json,
    ) -> Result<Json, Halt> {
        let admin = self.cluster.admin(node).ok_or(Halt::Told)?;
        let request = Request { method, path, headers: "", body };
        let unreached = |how: &str, why: Undone| {
            Halt::Unreached(format!("n{} {how} {method} {path}: {why}", node + 1))
        };
        let answer = async || match request.done(admin).await {
            Err(why @ Undone::Unanswered(_)) if method == "POST" => {
                Err(unreached("does not answer", why))
            }
            answer => Ok(answer),
        };
        let answer = self.play.tries(TRYING, answer).await?;
        answer.map_err(|why| unreached("refuses", why))
    }

    /// What a node says to each of the requests with keys: the invocation.
    async fn requests(&self, node: usize) -> Result<Vec<Result<String, String>>, Halt> {
        let ingress = self.cluster.ingress(node).ok_or(Halt::Told)?;
        let mut answers = Vec::new();
        for key in 0..KEYS {
            answers.push(self.request(ingress, key).await?);
        }
        Ok(answers)
    }

    async fn request(
        &self,
        ingress: SocketAddr,
        key: usize,
    ) -> Result<Result<String, String>, Halt> {
        let path = format!("/{SERVICE}/{HANDLER}/send?delay=3600s");
        let headers = format!("Idempotency-Key: key-{key}\r\n");
        let request = Request { method: "POST", path: &path, headers: &headers, body: Json::Null };
        let answer = async || {
            let said = request.done(ingress).await.map_err(|why| why.to_string());
            let id = |it: Json| {
                let id = it["invocationId"].as_str().map(str::to_owned);
                id.ok_or_else(|| format!("it says {it}"))
            };
            Ok(said.and_then(id))
        };
        self.play.tries(TRYING, answer).await
    }
}
