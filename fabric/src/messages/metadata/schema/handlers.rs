//! Handlers of services: what they are, what they take and what they give back (07 §3.3).

use std::collections::BTreeMap;
use std::time::Duration;

use super::distinct::Keyed;
use crate::codec::describe::prelude::*;
use crate::codec::flex::Opaque;
use crate::messages::rpc::invocation::{VirtualObjectHandlerType, WorkflowHandlerType};

record_tree! {
    /// A handler. Its durations are numbers, where those of its service are texts.
    pub struct Handler {
        name: String = untagged,
        /// Need not fit the type of the service.
        target_ty: TargetType = untagged,
        input_rules: InputRules = untagged,
        output_rules: OutputRules = untagged,
        public: Option<bool> = untagged [omit_default()],
        idempotency_retention: Option<Duration> = untagged [omit_default()],
        workflow_completion_retention: Option<Duration> = untagged [omit_default()],
        journal_retention: Option<Duration> = untagged [omit_default()],
        inactivity_timeout: Option<Duration> = untagged [omit_default()],
        abort_timeout: Option<Duration> = untagged [omit_default()],
        documentation: Option<String> = untagged [omit_default()],
        enable_lazy_state: Option<bool> = untagged [omit_default()],
        metadata: BTreeMap<String, String> = untagged [omit_default()],
    } with left_out
}

impl Keyed for Handler {
    type Key = String;

    fn key(&self) -> String {
        self.name.clone()
    }
}

one_of! {
    /// What a handler belongs to, and how it runs there.
    pub enum TargetType {
        Service,
        VirtualObject(VirtualObjectHandlerType),
        Workflow(WorkflowHandlerType),
    }
}

record! {
    /// What a handler takes: whatever one of the rules lets pass.
    pub struct InputRules {
        input_validation_rules: Vec<InputRule>,
    }
}

one_of! {
    /// What may come in.
    pub enum InputRule {
        /// Neither a body nor a content type.
        NoBodyAndContentType,
        ContentType(ContentTypeRule),
        JsonValue(JsonValueRule),
    }
}

record! {
    /// A body of some content type.
    pub struct ContentTypeRule [variant()] {
        content_type: ContentTypePattern,
    }
}

record! {
    /// A JSON value that follows a schema.
    pub struct JsonValueRule [variant()] {
        content_type: ContentTypePattern,
        /// A JSON schema; left out of the specification (03 §9).
        schema: Opaque,
    }
}

one_of! {
    /// Which content types are meant.
    pub enum ContentTypePattern {
        Any,
        MimeType(String),
        MimeTypeAndSubtype((String, String)),
    }
}

record! {
    /// What a handler gives back.
    pub struct OutputRules {
        content_type_rule: OutputContentType,
        /// A JSON schema; left out of the specification (03 §9).
        json_schema: Option<Opaque>,
    }
}

one_of! {
    /// The content type of what comes out.
    pub enum OutputContentType {
        None,
        Set(SetContentType),
    }
}

record! {
    /// A content type, and when it is set.
    pub struct SetContentType [variant()] {
        content_type: String,
        set_content_type_if_empty: bool,
        has_json_schema: bool,
    }
}
