-- security: masking what identifies or pays for a person.

CREATE OR REPLACE FUNCTION frontdesk.redact(content text) RETURNS text
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'frontdesk_redact';
COMMENT ON FUNCTION frontdesk.redact(text) IS
'The text with e-mail addresses, phone numbers (8 to 15 digits, international or local), card numbers (13 to 19 digits with a right check digit) and IBANs replaced by [email], [phone], [card] and [iban]. Dates, prices, grouped numbers and short order numbers stay.';

CREATE OR REPLACE FUNCTION frontdesk.holds_card_number(content text) RETURNS boolean
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'frontdesk_holds_card_number';
COMMENT ON FUNCTION frontdesk.holds_card_number(text) IS
'Whether the text holds what looks like the number of a payment card: 13 to 19 digits, with separators or without, and a right check digit.';
