-- Every function of the product that runs with the rights of its owner, each
-- with its reason.  Installed after all functions exist; `SECURITY DEFINER` is
-- written nowhere else, so that this page is the whole list to review.
--
-- Such a function bypasses row security.  It therefore names the account in
-- every statement and either calls frontdesk.require_account() first or proves
-- otherwise whom it serves, sets search_path to pg_catalog, pg_temp, and is
-- granted to roles by name only.

-- reads frontdesk.users, whose own policy asks this function
ALTER FUNCTION frontdesk.visible_accounts() SECURITY DEFINER;

-- the ciphertext and the audit trail are closed to roles; require_account()
ALTER FUNCTION frontdesk.set_secret(integer, text, text) SECURITY DEFINER;
ALTER FUNCTION frontdesk.delete_secret(integer, text) SECURITY DEFINER;

-- writes digests, secrets and the audit trail; require_account()
ALTER FUNCTION frontdesk.register_webhook(integer, integer, text, text, boolean) SECURITY DEFINER;
ALTER FUNCTION frontdesk.revoke_registration(text) SECURITY DEFINER;
ALTER FUNCTION frontdesk.add_service(integer, text, text, text, bigint, jsonb) SECURITY DEFINER;
ALTER FUNCTION frontdesk.add_site(integer, text, bigint, text, text) SECURITY DEFINER;

-- reads the signing secret; tells of registrations of visible accounts only
ALTER FUNCTION frontdesk.verify_signature(text, text, text, text) SECURITY DEFINER;

-- the webhook role may execute these and nothing else; who sends is proven by
-- the credentials and the signature of the request
ALTER FUNCTION frontdesk.receive_webhook(json) SECURITY DEFINER;
ALTER FUNCTION frontdesk.chatwoot_webhook(json) SECURITY DEFINER;

-- read and write the place and the pauses of the engine; require_account(), and
-- account 0 for the whole database.  The place's problem tells nothing secret
ALTER FUNCTION frontdesk.pause(integer, text) SECURITY DEFINER;
ALTER FUNCTION frontdesk.drain(integer, text) SECURITY DEFINER;
ALTER FUNCTION frontdesk.resume_work(integer) SECURITY DEFINER;
ALTER FUNCTION frontdesk.place_problem() SECURITY DEFINER;

-- write leads, messages and threads; require_account()
ALTER FUNCTION frontdesk.receive_message(integer, text, text, text, text, uuid) SECURITY DEFINER;
ALTER FUNCTION frontdesk.take_over(integer, uuid) SECURITY DEFINER;
ALTER FUNCTION frontdesk.give_back(integer, uuid) SECURITY DEFINER;

-- counts threads of all accounts and names none; for the gateway's login alone
ALTER FUNCTION frontdesk.metrics() SECURITY DEFINER;

-- repair dead letters: write threads, deliveries and mail; require_account()
ALTER FUNCTION frontdesk.replay_thread(integer, uuid) SECURITY DEFINER;
ALTER FUNCTION frontdesk.replay_delivery(integer, uuid, bigint) SECURITY DEFINER;
ALTER FUNCTION frontdesk.replay_dead_letters(integer, text, timestamptz, timestamptz, integer) SECURITY DEFINER;
ALTER FUNCTION frontdesk.edit_delivery(integer, uuid, bigint, jsonb) SECURITY DEFINER;
ALTER FUNCTION frontdesk.withdraw_delivery(integer, uuid, bigint, text) SECURITY DEFINER;
ALTER FUNCTION frontdesk.resolve_delivery(integer, uuid, bigint, boolean, text) SECURITY DEFINER;
ALTER FUNCTION frontdesk.edit_thread_state(integer, uuid, jsonb) SECURITY DEFINER;
ALTER FUNCTION frontdesk.withdraw_thread(integer, uuid, text) SECURITY DEFINER;

-- write questions, mail and the audit trail; require_account()
ALTER FUNCTION frontdesk.answer_interrupt(integer, uuid, jsonb, text) SECURITY DEFINER;
ALTER FUNCTION frontdesk.withdraw_interrupt(integer, uuid) SECURITY DEFINER;

-- write threads and checkpoints of rehearsals; require_account()
ALTER FUNCTION frontdesk.fork_thread(integer, uuid, bigint, jsonb, integer) SECURITY DEFINER;
ALTER FUNCTION frontdesk.replay_conversation(text, integer, bigint, integer) SECURITY DEFINER;
ALTER FUNCTION frontdesk.forget_rehearsals(integer, interval) SECURITY DEFINER;

-- decide on a reply and post it to the thread, whose tables are closed to
-- roles; require_account()
ALTER FUNCTION frontdesk.approve_draft(integer, uuid, text) SECURITY DEFINER;
ALTER FUNCTION frontdesk.reject_draft(integer, uuid, text) SECURITY DEFINER;

-- read and write the runs of the tool worker, whose role may not; they act only
-- while that process itself calls them
ALTER FUNCTION frontdesk.take_tool_run() SECURITY DEFINER;
ALTER FUNCTION frontdesk.finish_tool_run() SECURITY DEFINER;

-- moves threads; require_account()
ALTER FUNCTION frontdesk.migrate_some_threads(text, integer, integer, integer, jsonb, integer, integer, uuid) SECURITY DEFINER;

-- reads the house's graphs and writes the account's, whose tables are closed to
-- roles; require_account()
ALTER FUNCTION frontdesk.copy_graph(text, integer, integer) SECURITY DEFINER;

-- makes a thread and its alarm; require_account()
ALTER FUNCTION frontdesk.sweep_site(integer, integer) SECURITY DEFINER;

-- tell of rows that are closed to roles in part; require_account()
ALTER FUNCTION frontdesk.explain_thread(integer, uuid) SECURITY DEFINER;
ALTER FUNCTION frontdesk.explain_conversation(text, integer) SECURITY DEFINER;

-- remove rows for people, who may not DELETE from the tables themselves, because
-- that would let them lock them; require_account()
ALTER FUNCTION frontdesk.remove_knowledge(integer, uuid) SECURITY DEFINER;
ALTER FUNCTION frontdesk.remove_classifier_example(integer, uuid) SECURITY DEFINER;
ALTER FUNCTION frontdesk.remove_classifier(integer, text) SECURITY DEFINER;
ALTER FUNCTION frontdesk.remove_error_costs(integer) SECURITY DEFINER;
ALTER FUNCTION frontdesk.remove_agent(integer, text) SECURITY DEFINER;
ALTER FUNCTION frontdesk.remove_template(integer, text, text) SECURITY DEFINER;
ALTER FUNCTION frontdesk.remove_job_posting(integer, uuid) SECURITY DEFINER;
ALTER FUNCTION frontdesk.remove_people_rules(integer) SECURITY DEFINER;
ALTER FUNCTION frontdesk.remove_office_hours(integer, integer) SECURITY DEFINER;
ALTER FUNCTION frontdesk.remove_phrase(integer, text, text, text) SECURITY DEFINER;
ALTER FUNCTION frontdesk.remove_channel_limits(integer, text) SECURITY DEFINER;
ALTER FUNCTION frontdesk.remove_refusal_rule(integer, integer) SECURITY DEFINER;

-- writes the model, whose bytes people may not; require_account()
ALTER FUNCTION frontdesk.train_classifier(text, integer) SECURITY DEFINER;

-- looks at settings, secrets, roles and rows that are closed to roles; tells of
-- visible accounts only
ALTER FUNCTION frontdesk.check() SECURITY DEFINER;

-- tells whether the house has a key for a provider; of visible accounts only
ALTER FUNCTION frontdesk.provider_key_state(integer, text) SECURITY DEFINER;

-- writes the ledger, which people may only read; require_account()
ALTER FUNCTION frontdesk.set_opt_out(integer, uuid, text, boolean, text) SECURITY DEFINER;

-- calls what loads the library, for anybody who drops an extension or what he
-- owns; tells nothing but that leads are there
ALTER FUNCTION frontdesk.guard_drop() SECURITY DEFINER;
