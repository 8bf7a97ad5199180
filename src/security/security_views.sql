-- security: what people may see of secrets.

CREATE OR REPLACE VIEW frontdesk.secret_list WITH (security_invoker = true) AS
SELECT secrets.account_id, secrets.purpose, secrets.key_version, secrets.updated_at
FROM frontdesk.secrets;
COMMENT ON VIEW frontdesk.secret_list IS
'Which secrets are stored, under which version of the key and since when; never what they are.';
