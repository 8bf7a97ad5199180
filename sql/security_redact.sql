-- What is masked, and what must stay.
SELECT content, frontdesk.redact(content) AS masked FROM (VALUES
  ('mail me at ana.lima+jobs@mail.example.co.uk, ok?'),
  ('<ana@example.com>'),
  ('hallo@bücher.de!'),
  ('+31 6 12345678'),
  ('call 06-12345678 now'),
  ('(020) 123 45 67 8'),
  ('(0612345678)'),
  ('+1 (555) 123-4567 please'),
  ('0031612345678'),
  ('tel:+31612345678'),
  ('https://wa.me/31612345678'),
  ('06 12 34 56 78'),
  ('06.12.34.56.78'),
  ('912 345 678'),
  (U&'+49\00A0151\00A012345678'),
  ('5511987654321'),
  ('+351 912 345 678, +351 913 345 678'),
  ('2024-01-15 0612345678'),
  ('0612345678 2024-01-15'),
  ('4111 1111 1111 1111 12/27 123'),
  ('4111-1111-1111-1111'),
  ('378282246310005'),
  ('order 12 4111 1111 1111 1111'),
  ('5555555555554444.'),
  ('DE89 3704 0044 0532 0130 00 bitte'),
  ('nl91abna0417164300'),
  ('GB82 WEST 1234 5698 7654 32'),
  ('a@example.com b@example.com 0612345678 4111111111111111')
) AS examples (content);

SELECT content, frontdesk.redact(content) AS changed FROM (VALUES
  (''), ('@'), ('x@y'), ('@example.com'), ('at 10:30'), ('2024-01-15'), ('15.01.2024 at 10:30'),
  ('01/15/2024'), ('2024-01-15 10:30:00'), ('2024-2025'), ('2024/2025'),
  ('€ 12.345.678,00'), ('1.234.567,89 EUR'), ('$12,345,678.90'), ('$ 12345678'), ('R$ 10.000.000'),
  ('10 000 000 units'), ('3.14159265'), ('52.3675734, 4.9041389'), ('99,95'), ('100%'),
  ('order 123456'), ('order 1234567'), ('ORD-12345678'), ('#12345678'), ('SKU12345678'),
  ('https://shop.example.com/orders/12345678'),
  ('550e8400-e29b-41d4-a716-446655440000'), ('room 101, 2nd floor'),
  ('4111111111111112'), ('size 42-44, 3-4 weeks')
) AS examples (content)
WHERE frontdesk.redact(content) <> content;

SELECT content, frontdesk.holds_card_number(content) FROM (VALUES
  ('my card is 4111 1111 1111 1111!'), ('4111 1111 1111 1112'), ('6011000990139424'),
  ('call 0612345678'), ('1781691330000'), ('DE89 3704 0044 0532 0130 00'), ('nothing')
) AS examples (content);

-- things beside each other, and things inside a longer run of digits
SELECT content, frontdesk.redact(content) AS masked FROM (VALUES
  ('4111 1111 1111 1111 5555 5555 5555 4444'),
  ('4111111111111111 4111111111111111 4111111111111111'),
  ('2024-01-15 4111-1111-1111-1111'),
  ('4111 1111 1111 1111 2024-01-15 0612345678'),
  ('1 2 3 4111 1111 1111 1111 1 2 3'),
  ('12-4111-1111-1111-1111'),
  ('99-99-4111111111111111-99'),
  ('DE89 3704 0044 0532 0130 00 4111 1111 1111 1111'),
  ('4111 1111 1111 1111 DE89 3704 0044 0532 0130 00'),
  ('12345 DE89 3704 0044 0532 0130 00 12345'),
  ('0612345678 0687654321 (020) 123 45 67'),
  ('11111111111111111111111111111111 4111 1111 1111 1111'),
  ('1-1-1-1-1-1-1-1-1-1-1-1-1-1-1-1-1-1-1-1-1-1-1-1-1-1-1-1-1-1-4111111111111111')
) AS examples (content);

-- and behind a run far longer than any number
SELECT right(frontdesk.redact(repeat('123/', 1000) || '4111-1111-1111-1111 ' || repeat('7', 500)), 507) = '[card] ' || repeat('7', 500) AS found;
SELECT frontdesk.holds_card_number(repeat('1-', 70000) || '4111111111111111') AS found,
       frontdesk.holds_card_number(repeat('1-', 70000) || '4111111111111112') AS found_none;

-- hostile text takes no longer than plain text (test/unit/security_redact_test.c counts the steps)
SET statement_timeout = '10s';
SELECT count(frontdesk.redact(repeat(piece, 200000 / length(piece))))
FROM unnest('{a,a@,a@b.,"1 ",1-1-,"DE89 ","+(",((,"123.12 ",....,"4111 "}'::text[]) AS piece;
