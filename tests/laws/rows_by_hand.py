"""One row of each table that an ordinary day leaves empty, so that its policy can be probed."""

BY_HAND = (
    "INSERT INTO shop_imports (operator_id, id, name, body, encoding, separator, columns, corrections, made_by, "
    "made_at) VALUES ('{o}', gen_random_uuid(), 'n', 'b', 'utf-8', ';', '{{code}}', '{{}}', 'me', now())",
    "INSERT INTO daily_figures (operator_id, figure, day, unit, amount) "
    "VALUES ('{o}', 'sales', '2026-01-01', 'EUR', 1)",
    "INSERT INTO erasures (operator_id, shopper_id, asked_by, given_up, erased_at) VALUES "
    "('{o}', gen_random_uuid(), 'me', '{{}}', now())",
    "INSERT INTO figure_cursors (operator_id, zone, counted_at) VALUES ('{o}', 'Europe/Paris', now())",
    "INSERT INTO api_requests (operator_id, id, at, key_label, method, path, query, status, milliseconds) VALUES "
    "('{o}', gen_random_uuid(), now(), 'x', 'GET', '/', '', 200, 1)",
    "INSERT INTO offer_trials (operator_id, key, code, digest, first_day, until_day, state, done, total, actor, "
    "asked_at, heard_at) "
    "VALUES ('{o}', 'x', 'x', 'x', '2026-01-01', '2026-01-02', 'waiting', 0, 0, 'me', now(), now())",
    "INSERT INTO offer_days (operator_id, offer_id, day, purchases, shoppers, newcomers, held_out, net_minor, amount,"
    " shops) VALUES ('{o}', gen_random_uuid(), '2026-01-01', 1, 1, 0, 0, 100, 5, '{{}}')",
    "INSERT INTO offer_days_counted (operator_id, day, counted_at) VALUES ('{o}', '2026-01-01', now())",
    "INSERT INTO offer_effects (operator_id, offer_id, as_of, since, until, arms) VALUES"
    " ('{o}', gen_random_uuid(), now(), now(), now(), '{{}}')",
    "INSERT INTO outbox_streams (tenant_id, opened_at) VALUES ('{o}', now())",
    "INSERT INTO plans (operator_id, shopper_id, id, key, digest, decision_id, way, lender, shop_id, currency,"
    " amount_minor, fee_minor, terms, regime, taeg_bps, refund_policy, state, concluded_on, accepted_by, accepted_at)"
    " VALUES ('{o}', gen_random_uuid(), gen_random_uuid(), 'k', '', gen_random_uuid(), 'checkout', 'merchant',"
    " gen_random_uuid(), 'EUR', 300, 0, '{{}}', 'exempt_50d', 0, 'last', 'opening', '2026-01-01', 'me', now())",
    "INSERT INTO instalments (operator_id, shopper_id, plan_id, number, planned_on, planned_minor, due_on,"
    " principal_minor, fee_minor, state) VALUES ('{o}', gen_random_uuid(), gen_random_uuid(), 1, '2026-01-01', 100,"
    " '2026-01-01', 100, 0, 'open')",
    "INSERT INTO plan_moves (operator_id, shopper_id, plan_id, number, what, to_state, detail, by, at) VALUES"
    " ('{o}', gen_random_uuid(), gen_random_uuid(), 0, 'opened', 'opening', '{{}}', 'me', now())",
    "INSERT INTO mandates (operator_id, shopper_id, id, rail, state, sealed, created_at) VALUES"
    " ('{o}', gen_random_uuid(), gen_random_uuid(), 'stripe', 'asked', '', now())",
    "INSERT INTO collections (operator_id, shopper_id, id, plan_id, mandate_id, kind, parts, amount_minor, currency,"
    " state, asked_by, asked_at) VALUES ('{o}', gen_random_uuid(), gen_random_uuid(), gen_random_uuid(),"
    " gen_random_uuid(), 'due', '{{}}', 100, 'EUR', 'intended', 'me', now())",
    "INSERT INTO paybacks (operator_id, shopper_id, id, plan_id, collection_id, amount_minor, currency, why, state,"
    " asked_at) VALUES ('{o}', gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), 100, 'EUR',"
    " 'excess', 'intended', now())",
    "INSERT INTO charge_rails (operator_id, rail, sealed, opened_by, opened_at) VALUES"
    " ('{o}', 'stripe', '', 'me', now())",
    "INSERT INTO charge_moves (operator_id, shopper_id, subject_id, number, to_state, by, at) VALUES"
    " ('{o}', gen_random_uuid(), gen_random_uuid(), 0, 'intended', 'me', now())",
    "INSERT INTO charge_news (operator_id, subject, source, about, event, told_at, read_at) VALUES"
    " ('{o}', 'x', 'x', 'card', 'x', now(), now())",
    "INSERT INTO lender_contracts (operator_id, shopper_id, plan_id, state, changed_at) VALUES"
    " ('{o}', gen_random_uuid(), gen_random_uuid(), 'proposed', now())",
    "INSERT INTO lender_calls (operator_id, shopper_id, plan_id, number, what, detail, state, asked_at) VALUES"
    " ('{o}', gen_random_uuid(), gen_random_uuid(), 1, 'propose', '{{}}', 'intended', now())",
    "INSERT INTO instalment_settings (operator_id, settings, set_by, set_at) VALUES ('{o}', '{{}}', 'me', now())",
    "INSERT INTO account_totals (operator_id, account, asset, debits, credits) VALUES ('{o}', 'bank', 'PTS', 0, 0)",
    "INSERT INTO idempotency_holds (operator_id, digest, fingerprint, holder, held_until) "
    "VALUES ('{o}', 'x', 'x', gen_random_uuid(), now())",
    "INSERT INTO idempotency (operator_id, digest, fingerprint, route, status, media_type, answer, answered_at) "
    "VALUES ('{o}', 'x', 'x', 'POST /v1/payments', 201, 'application/json', 'x', now())",
    "INSERT INTO account_totals_cursors (operator_id, place) VALUES ('{o}', 0)",
    "INSERT INTO seal_signatures (operator_id, chain, number, position, hash, key_id, signature, signed_at) VALUES "
    "('{o}', 'x', 1, 1, 'x', gen_random_uuid(), 'x', now())",
    "INSERT INTO seals (operator_id, chain, number, first_position, rows, after_place, through_place, columns, "
    "content, previous, hash, copy, sealed_at) VALUES ('{o}', 'x', 1, 1, 0, 0, 0, '{{}}', 'x', 'x', 'x', 'x', now())",
    "INSERT INTO signing_keys (operator_id, id, public_key, private_key, made_at) "
    "VALUES ('{o}', gen_random_uuid(), 'x', 'x', now())",
    "INSERT INTO lot_uses (operator_id, shopper_id, key, back, part, asset, amount, at) "
    "VALUES ('{o}', gen_random_uuid(), 'k', false, 0, 'EUR', 1, now())",
    "INSERT INTO sso_secrets (operator_id, id, sealed, made_by, made_at) "
    "VALUES ('{o}', gen_random_uuid(), 'x', 'a', now())",
    "INSERT INTO embed_origins (operator_id, origin, added_at) VALUES ('{o}', 'https://crm.example', now())",
    "INSERT INTO sso_nonces (operator_id, digest, expires_at) VALUES ('{o}', 'x', now())",
    "INSERT INTO lot_ends (operator_id, shopper_id, asset, amount) VALUES ('{o}', gen_random_uuid(), 'EUR', 0)",
    "INSERT INTO api_keys (operator_id, id, family, label, digest, scopes, created_at) "
    "VALUES ('{o}', gen_random_uuid(), gen_random_uuid(), 'k', decode(md5(random()::text), 'hex'), '[]', now())",
    "INSERT INTO bank_connections (operator_id, connection_id, base_url, credentials, opened_at) "
    "VALUES ('{o}', gen_random_uuid(), 'https://bank.example', 'x', now())",
    "INSERT INTO bank_accounts (operator_id, connection_id, account, network, shopper_id, access, zone, state, "
    "linked_at, cursor, list_cursor, page, list_page, listed_page, calls, turn, next_poll_at, failures) "
    "VALUES ('{o}', gen_random_uuid(), 'a', 'plaid', gen_random_uuid(), 'x', 'UTC', 'ended', now(), '', '', 0, 1, 0, "
    "'{{}}', 0, now(), 0)",
    "INSERT INTO bank_rows (operator_id, connection_id, account, ref, pending, gone, seen, seen_at, stated) "
    "VALUES ('{o}', gen_random_uuid(), 'a', 'r', false, false, 1, now(), '{{}}')",
    "INSERT INTO offer_revisions (operator_id, offer_id, revision, draft, terms, digest, changes, changes_to_live, "
    "author, written_at) SELECT '{o}', id, 2, 2, '{{}}', 'x', '[]', '[]', 'a', now() FROM offers",
    "INSERT INTO shopper_facts (operator_id, shopper_id, fact, value, since, source, recorded_at) "
    "VALUES ('{o}', gen_random_uuid(), 'tag', 'vip', now(), 's', now())",
    "INSERT INTO rematches (operator_id, identifier, asked_at) VALUES ('{o}', 'mid:1', now())",
    "INSERT INTO rulings (operator_id, shopper_id, id, network, purchase_ref, other_network, other_ref, verdict, "
    "reason, actor, ruled_at) "
    "VALUES ('{o}', gen_random_uuid(), gen_random_uuid(), 'a', 'x', 'b', 'y', 'one', 'r', 'a', now())",
    "INSERT INTO matured_years (operator_id, shopper_id, asset, year, matured, converted, revision) "
    "VALUES ('{o}', gen_random_uuid(), 'PTS', 2026, 0, 0, 0)",
    "INSERT INTO inbox_conflicts (tenant_id, lane, connection_id, delivery_id, digest, received_at, key_period, body) "
    "VALUES ('{o}', 0, gen_random_uuid(), 'd', 'x', now(), '2026-11-01', 'x')",
    "INSERT INTO inbox_parked (tenant_id, lane, connection_id, delivery_id, code, detail, parked_at) "
    "VALUES ('{o}', 0, gen_random_uuid(), 'd', 'c', 'd', now())",
    "INSERT INTO match_settings (operator_id, since, evidence_from, evidence_until, changed_at) "
    "VALUES ('{o}', now(), '{{}}', '{{}}', now())",
    "INSERT INTO match_answers (operator_id, id, network, scheme, value, fingerprint, verdict, origin, since, "
    "answered_by, answered_at, purchases, waiting_minor) "
    "VALUES ('{o}', gen_random_uuid(), 'visa', 'mid', '1', '', 'shared', 'review', now(), 'ada', now(), 1, 1)",
    "INSERT INTO match_decisions (operator_id, shopper_id, network, purchase_ref, sighting, catalogue, names, card_id, "
    "purchased_at, decision, probability_ppm, fingerprint, record, decided_at) VALUES ('{o}', gen_random_uuid(), "
    "'visa', 'p', 'x', 'x', '{{}}', gen_random_uuid(), now(), 'review', 0, '', '{{}}', now())",
    "INSERT INTO match_lessons (operator_id, network, scheme, value, fingerprint, asked_at, changes) "
    "VALUES ('{o}', 'visa', 'mid', '1', '', now(), false)",
    "INSERT INTO merchant_aliases (operator_id, id, network, scheme, value, fingerprint, state, origin, valid_from, "
    "why, first_seen, last_seen, accepts, cards, days, cores, towns, opened_at) VALUES ('{o}', gen_random_uuid(), "
    "'visa', 'mid', '1', '', 'shared', 'review', now(), 'answered', now(), now(), 0, 0, 0, '{{}}', '{{}}', now())",
    "INSERT INTO outlet_brands (operator_id, name, entry, changed_at) VALUES ('{o}', 'Zara', '{{}}', now())",
    "INSERT INTO outlets (operator_id, id, member, entry, changed_at) VALUES ('{o}', 'zara', true, '{{}}', now())",
    "INSERT INTO purchase_matches (operator_id, shopper_id, network, purchase_ref, undecided, decision, basis, why, "
    "against, text, fingerprint, updated_at) VALUES ('{o}', gen_random_uuid(), 'visa', 'p', true, 'review', 'nothing', "
    "'unknown', '{{}}', '', '', now())",
    "INSERT INTO inbox_unclaimed (tenant_id, lane, subject, connection_id, delivery_id) "
    "VALUES ('{o}', 0, 'x', gen_random_uuid(), 'd')",
    "INSERT INTO payout_rails (operator_id, rail, sealed, opened_by, opened_at) "
    "VALUES ('{o}', 'sepa', 'x', 'a', now())",
    "INSERT INTO payout_accounts (operator_id, shopper_id, id, rail, sealed, fingerprint, last_four, added_by, "
    "added_at, usable_at) "
    "VALUES ('{o}', gen_random_uuid(), gen_random_uuid(), 'sepa', 'x', 'x', '2606', 'a', now(), now())",
    "INSERT INTO payouts (operator_id, shopper_id, id, key, digest, asset, amount, rail, state, requested_by, "
    "requested_at) "
    "VALUES ('{o}', gen_random_uuid(), gen_random_uuid(), 'k', 'x', 'EUR', 1, 'sepa', 'failed', 'a', now())",
    "INSERT INTO payout_moves (operator_id, shopper_id, payout_id, number, to_state, by, at) "
    "VALUES ('{o}', gen_random_uuid(), gen_random_uuid(), 0, 'requested', 'a', now())",
    "INSERT INTO payout_approvals (operator_id, shopper_id, payout_id, approver, verdict, words, at) "
    "VALUES ('{o}', gen_random_uuid(), gen_random_uuid(), 'a', 'yes', 'w', now())",
    "INSERT INTO payout_news (operator_id, payout_id, source, outcome, told_at, read_at) "
    "VALUES ('{o}', gen_random_uuid(), 's', 'paid', now(), now())",
    "INSERT INTO payout_batches (operator_id, id, rail, state, made_by, made_at, execution_on, debtor) "
    "VALUES ('{o}', gen_random_uuid(), 'sepa', 'open', 'a', now(), '2026-11-02', 'x')",
    "INSERT INTO payout_days (operator_id, asset, day, taken) VALUES ('{o}', 'EUR', '2026-11-02', 0)",
    "INSERT INTO gift_codes (operator_id, id, fingerprint, sealed, asset, face, imported_at) "
    "VALUES ('{o}', gen_random_uuid(), 'x', 'x', 'EUR', 1000, now())",
    "INSERT INTO claims (operator_id, shopper_id, id, key, digest, shop_id, day, since, until, amount_minor, currency, "
    "claimed_at, state) VALUES ('{o}', gen_random_uuid(), gen_random_uuid(), 'k', 'x', gen_random_uuid(), "
    "'2026-11-01', now(), now() + interval '1 day', 1, 'EUR', now(), 'open')",
    "INSERT INTO claim_pictures (operator_id, shopper_id, claim_id, key_period, body) "
    "VALUES ('{o}', gen_random_uuid(), gen_random_uuid(), '2026-11-01', 'x')",
    "INSERT INTO adjustments (operator_id, shopper_id, id, key, digest, kind, asset, amount, reason, words, state, "
    "asked_by, asked_at) VALUES ('{o}', gen_random_uuid(), gen_random_uuid(), 'k', 'x', 'goodwill', 'EUR', 1, 'r', "
    "'w', 'waiting', 'ada', now())",
    "INSERT INTO adjustment_limits (operator_id, scope, asset, alone_max) VALUES ('{o}', 'money', 'EUR', 1)",
    "INSERT INTO funders (operator_id, account, name, mode, updated_at) "
    "VALUES ('{o}', 'funder:brand:Lune', 'Lune', 'prepaid', now())",
    "INSERT INTO instalment_counts (operator_id, counted_at, body) VALUES ('{o}', now(), '{{}}')",
    "INSERT INTO funder_days (operator_id, day, account, asset, balance) "
    "VALUES ('{o}', '2026-11-01', 'funder:operator', 'EUR', 0)",
    "INSERT INTO funding_pauses (operator_id, funder, since, until, why, actor) "
    "VALUES ('{o}', 'brand:Lune', now(), now() + interval '1 day', 'empty', 'ada')",
    "INSERT INTO notices (operator_id, shopper_id, key, kind, params, told_at) "
    "VALUES ('{o}', gen_random_uuid(), 'k', 'k', '{{}}', now())",
    "INSERT INTO bank_files (operator_id, id, digest, source, name, movements, statuses, imported_by, imported_at) "
    "VALUES ('{o}', gen_random_uuid(), 'x', 'camt.053', 'f', 1, 0, 'ada', now())",
    "INSERT INTO bank_entries (operator_id, source, account, statement, entry, part, file_id, digest, last_four, "
    "direction, amount_minor, currency, booked, charge, refs) "
    "VALUES ('{o}', 'camt.053', 'a', 's', 1, 0, gen_random_uuid(), 'x', '0189', 'in', 1, 'EUR', true, false, '{{}}')",
    "INSERT INTO bank_statuses (operator_id, file_id, number, level, order_ref, status, outcome, reasons, told_at) "
    "VALUES ('{o}', gen_random_uuid(), 1, 'group', 'f', 'ACTC', 'accepted', '{{}}', now())",
    "INSERT INTO bank_notes (operator_id, id, subject, finding, difference_minor, currency, words, noted_by, noted_at) "
    "VALUES ('{o}', gen_random_uuid(), 's', 'unknown', 1, 'EUR', 'w', 'ada', now())",
    "INSERT INTO claimed_pictures (operator_id, digest, claim_id) VALUES ('{o}', 'x', gen_random_uuid())",
    "INSERT INTO sellers (operator_id, facts, updated_at) VALUES ('{o}', '{{}}', now())",
    "INSERT INTO settlements (operator_id, id, account, period, since, until, first_day, last_day, currency, mode, "
    "language, opening_minor, rewards_minor, commission_minor, vat_minor, units_minor, payments_minor, moved_minor, "
    "closing_minor, buyer, issued_at, issued_by) VALUES ('{o}', gen_random_uuid(), 'funder:operator', '2026-11', "
    "now(), now() + interval '1 day', '2026-11-01', '2026-11-30', 'EUR', 'postpaid', 'fr', 0, 0, 0, 0, 0, 0, 0, 0, "
    "'{{}}', now(), 'ada')",
    "INSERT INTO settlement_lines (operator_id, settlement_id, number, kind, reason, asset, units, value_minor, "
    "valued, transfers, late, rate_bps, vat_bps, base_minor) SELECT '{o}', id, 1, 'reward', 'earned', 'EUR', 0, 0, "
    "true, 0, 0, 0, 0, 0 FROM settlements",
    "INSERT INTO settled_transfers (operator_id, shopper_id, key, side, settlement_id) "
    "VALUES ('{o}', gen_random_uuid(), 'k', 'debit', gen_random_uuid())",
    "INSERT INTO invoices (operator_id, id, settlement_id, kind, year, sequence, number, issued_on, net_minor, "
    "vat_minor, gross_minor, paid_minor, corrects) SELECT '{o}', gen_random_uuid(), id, 'invoice', 2026, 1, "
    "'2026-000001', '2026-12-01', 0, 0, 0, 0, '[]' FROM settlements",
    "INSERT INTO invoice_counters (operator_id, kind, year, last, last_on) "
    "VALUES ('{o}', 'invoice', 2026, 1, '2026-12-01')",
    "INSERT INTO settlement_files (operator_id, settlement_id, body, digest, made_at) "
    "SELECT '{o}', id, 'x', 'x', now() FROM settlements",
    "INSERT INTO outbox_messages (tenant_id, key, id, type, partition, data, at, told_at) "
    "VALUES ('{o}', 'k', gen_random_uuid(), 't', '', '{{}}', now(), now())",
    "INSERT INTO webhook_endpoints (tenant_id, id, url, version, secrets, state, changed_at, created_at) "
    "VALUES ('{o}', gen_random_uuid(), 'https://receiver.example', '1', 'x', 'enabled', now(), now())",
    "INSERT INTO webhook_deliveries (tenant_id, endpoint_id, message_id, state, due_at, created_at) "
    "VALUES ('{o}', gen_random_uuid(), gen_random_uuid(), 'pending', now(), now())",
    "INSERT INTO webhook_attempts (tenant_id, endpoint_id, message_id, number, at, milliseconds, excerpt) "
    "VALUES ('{o}', gen_random_uuid(), gen_random_uuid(), 1, now(), 0, '')",
    "INSERT INTO card_facts (operator_id, shopper_id, card_id, prepaid, expires_on, strong_authentication, "
    "source, told_at) VALUES ('{o}', gen_random_uuid(), gen_random_uuid(), false, '2030-01-31', true, 's', "
    "now())",
    "INSERT INTO lost_disputes (operator_id, shopper_id, purchase_id, decided_at, source) VALUES ('{o}', "
    "gen_random_uuid(), gen_random_uuid(), now(), 's')",
    "INSERT INTO credit_rules (operator_id, id, role, digest, live_from, state, widens, words, asked_by, "
    "asked_at) VALUES ('{o}', gen_random_uuid(), 'card', 'x', now(), 'waiting', '', 'w', 'ada', now())",
    "INSERT INTO credit_tables (operator_id, kind, digest, name, body, loaded_by, loaded_at) VALUES ('{o}', "
    "'card', 'x', 'n', 'x', 'ada', now())",
    "INSERT INTO decision_forgettings (operator_id, id, until, records, at) VALUES ('{o}', gen_random_uuid(), "
    "now(), 1, now())",
    "INSERT INTO decision_log (operator_id, id, digest, automated, decided_at) VALUES ('{o}', "
    "gen_random_uuid(), sha256('x'), true, now())",
    "INSERT INTO decision_records (operator_id, id, pseudonym, decided_at, record) VALUES ('{o}', "
    "gen_random_uuid(), gen_random_uuid(), now(), 'x')",
    "INSERT INTO decision_reviews (operator_id, shopper_id, id, decision_id, state, asked_at, due_at, sealed) "
    "VALUES ('{o}', gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), 'open', now(), now(), 'x')",
    "INSERT INTO decision_subjects (operator_id, shopper_id, pseudonym) VALUES ('{o}', gen_random_uuid(), "
    "gen_random_uuid())",
    "INSERT INTO decisions (operator_id, shopper_id, id, key, digest, decided_at, outcome, expires_at, "
    "amount_minor, currency, shop_id, card_id, discovery, band, pauses) VALUES ('{o}', gen_random_uuid(), "
    "gen_random_uuid(), 'k', 'x', now(), 'refused', now(), 1, 'EUR', gen_random_uuid(), gen_random_uuid(), "
    "false, 'none', false)",
    "INSERT INTO declared_means (operator_id, shopper_id, declared_at, declared_by, sealed) VALUES ('{o}', "
    "gen_random_uuid(), now(), 'ada', 'x')",
    "INSERT INTO ficp_consultations (operator_id, shopper_id, id, asked_at) VALUES ('{o}', gen_random_uuid(), "
    "gen_random_uuid(), now())",
    "INSERT INTO refund_percentiles (operator_id, computed_at, share_bps, shoppers) VALUES ('{o}', now(), 0, 0)",
    "INSERT INTO members (operator_id, id, sealed, fingerprint, role, invited_by, invited_at) "
    "VALUES ('{o}', gen_random_uuid(), 'x', 'x', 'viewer', 'ada', now())",
    "INSERT INTO identity_providers (operator_id, issuer, client_id, sealed, label, told_by, told_at) "
    "VALUES ('{o}', 'https://login.example', 'c', 'x', 'l', 'ada', now())",
    "INSERT INTO shopper_addresses (operator_id, fingerprint, shopper_id, sealed, told_by, told_at) "
    "VALUES ('{o}', 'x', gen_random_uuid(), 'x', 'ada', now())",
    "INSERT INTO sign_in_codes (operator_id, id, door, role, fingerprint, digest, made_at, expires_at) "
    "VALUES ('{o}', gen_random_uuid(), 'x', 'shopper', 'x', 'x', now(), now())",
    "INSERT INTO sign_in_code_counts (operator_id, role, fingerprint, codes, since) "
    "VALUES ('{o}', 'shopper', 'x', 1, now())",
    "INSERT INTO sign_in_challenges (operator_id, digest, purpose, holder, expires_at) "
    "VALUES ('{o}', 'x', 'oidc', 'x', now())",
    "INSERT INTO passkeys (operator_id, id, credential_id, role, subject_id, public_key, sign_count, backed_up, label, "
    "added_at) VALUES ('{o}', gen_random_uuid(), 'x', 'shopper', gen_random_uuid(), 'x', 0, false, '', now())",
    "INSERT INTO sessions (operator_id, id, digest, role, subject_id, method, device, opened_at, seen_at, "
    "idle_seconds, expires_at) VALUES ('{o}', gen_random_uuid(), decode(md5(random()::text), 'hex'), 'shopper', "
    "gen_random_uuid(), 'code', '', now(), now(), 1, now())",
    "INSERT INTO outgoing_mail (operator_id, id, sealed, made_at, due_at, expires_at) "
    "VALUES ('{o}', gen_random_uuid(), 'x', now(), now(), now())",
    "INSERT INTO theme_logos (operator_id, sha256, body, width, height, plate, told_as, kept_at) "
    "VALUES ('{o}', 'x', 'x', 24, 24, '#ffffff', 'PNG', now())",
    "INSERT INTO themes (operator_id, version, name, brand, radius, logo, published_by, published_at) "
    "VALUES ('{o}', 1, 'n', '#0c5c4c', 14, 'x', 'ada', now())",
    "INSERT INTO welcome_pages (operator_id, open, minimum_age, terms_en, terms_fr, told_by, told_at) "
    "VALUES ('{o}', true, 18, 't', 't', 'ada', now())",
    "INSERT INTO centre_pages (operator_id, centre_id, town) VALUES ('{o}', gen_random_uuid(), 't')",
    "INSERT INTO posters (operator_id, code, centre, label, made_by, made_at) "
    "VALUES ('{o}', 'door', '', 'l', 'ada', now())",
    "INSERT INTO visit_counts (operator_id, poster, day, step, visits) VALUES ('{o}', '', '2026-12-01', 'seen', 1)",
    "INSERT INTO operator_domains (operator_id, domain, token, told_by, told_at) "
    "VALUES ('{o}', 'lac.example', 't', 'ada', now())",
    "INSERT INTO notice_preferences (operator_id, shopper_id, topic, channel, wanted, changed_at) "
    "VALUES ('{o}', gen_random_uuid(), 'payouts', 'mail', false, now())",
)
