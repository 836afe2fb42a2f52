//! Reports for tests, as JSON, which is YAML.

use serde_json::{Map, Value, json};
use testkit::accounts::{SESSION_SECRET, SKYPE_SECRET, reader_arn};

/// A report that can be read without a variable, with one destination in YAML's short form.
pub fn minimal(destination: &str) -> String {
    format!(
        "report: test
accounts: {{ own: {{ id: \"100000000001\" }} }}
sections:
  - title: Production
    account: own
    region: us-east-1
    metrics: [{{ label: Hosts, namespace: Test, name: Hosts, statistic: Minimum }}]
destinations: [{destination}]
"
    )
}

/// Builder of a report whose sections show the one metric that test accounts publish.
pub struct Report {
    name: String,
    accounts: Map<String, Value>,
    sections: Vec<Value>,
    destinations: Vec<Value>,
}

impl Report {
    pub fn new(name: &str) -> Self {
        Self {
            name: name.into(),
            accounts: Map::new(),
            sections: Vec::new(),
            destinations: Vec::new(),
        }
    }

    /// Adds an account that is read through its reader role.
    pub fn account(mut self, name: &str, id: &str, external_id: Option<&str>) -> Self {
        let mut account = json!({"id": id, "role": reader_arn(id)});
        if let Some(id) = external_id {
            account["external_id"] = id.into();
        }
        self.accounts.insert(name.into(), account);
        self
    }

    /// Adds a section with [`Published::healthy_hosts`](testkit::accounts::Published::healthy_hosts).
    pub fn section(mut self, title: &str, account: &str, region: &str) -> Self {
        self.sections.push(
            json!({"title": title, "account": account, "region": region, "metrics": [{
                "label": "Healthy Hosts",
                "namespace": "AWS/ApplicationELB",
                "name": "HealthyHostCount",
                "dimensions": {"LoadBalancer": "app/core/1"},
                "statistic": "Minimum",
                "period": 60,
                "show": "count",
            }]}),
        );
        self
    }

    pub fn destination(mut self, destination: Value) -> Self {
        self.destinations.push(destination);
        self
    }

    /// Adds a Skype group; `hosts` are those of login, edge and messages.
    pub fn skype(self, name: &str, group: &str, hosts: [&str; 3]) -> Self {
        let [login, edge, messages] = hosts;
        self.destination(json!({
            "name": name,
            "kind": "skype",
            "group": group,
            "secret": SKYPE_SECRET,
            "session_secret": SESSION_SECRET,
            "hosts": {"login": login, "edge": edge, "messages": messages},
        }))
    }

    pub fn build(self) -> Value {
        json!({
            "report": self.name,
            "accounts": self.accounts,
            "sections": self.sections,
            "destinations": self.destinations,
        })
    }
}
