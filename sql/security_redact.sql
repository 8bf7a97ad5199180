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

-- as people write them: beside other scripts, quotes and pictures
SELECT content, frontdesk.redact(content) AS masked FROM (VALUES
  ('“4111111111111111”'), ('4111111111111111…'), ('é4111111111111111é'), ('🙂4111111111111111🙂'),
  ('卡号5555555555554444谢谢'), ('“+31687654321”'), ('电话0612345678谢谢'), ('é0612345678é'),
  ('“ana@example.com”'), ('邮箱：ana@example.com，谢谢'), ('ana@example.com.I am'),
  ('“NL91ABNA0417164300”'), ('№12345678'), ('订单-12345678')
) AS examples (content);

-- beside letters: cards of known issuers and IBANs alone
SELECT content, frontdesk.redact(content) AS masked FROM (VALUES
  ('nr4111111111111111'), ('4111111111111111eur'), ('__4111 1111 1111 1111__'), ('cc378282246310005x'),
  ('IBANNL91ABNA0417164300'), ('NL91ABNA0417164300eur'), ('SKU4111111111111112'), ('SKU2999999999999990'),
  ('ID351234567890124'), ('x0612345678'), ('0612345678x'), ('_0612345678_'), ('RR123456785NL'),
  ('JD014600003889091234'), ('1Z999AA10123456784')
) AS examples (content);

-- what may stand between the groups
SELECT what, frontdesk.redact('4111' || sign || '1111' || sign || '1111' || sign || '1111') AS card,
       frontdesk.redact('NL91' || sign || 'ABNA' || sign || '0417' || sign || '1643' || sign || '00') AS iban,
       frontdesk.redact('06' || sign || '12345678') AS phone
FROM (VALUES
  ('no-break space', U&'\00A0'), ('thin space', U&'\2009'), ('figure space', U&'\2007'),
  ('ideographic space', U&'\3000'), ('two spaces', '  '), ('newline', E'\n'), ('CRLF', E'\r\n'), ('tab', E'\t'),
  ('line separator', U&'\2028'), ('comma', ','), ('comma and space', ', '), ('colon', ':'), ('bar', '|'),
  ('bar in spaces', ' | '), ('middle dot', '·'), ('bullet', ' • '), ('underscore', '_'), ('dot', '.'), ('slash', '/'),
  ('en dash', '–'), ('em dash', ' — '), ('minus', U&'\2212'), ('hyphen', U&'\2010'), ('zero-width space', U&'\200B'),
  ('zero-width joiner', U&'\200D'), ('soft hyphen', U&'\00AD'), ('word joiner', U&'\2060'), ('ideographic comma', '、'),
  ('four spaces', '    '), ('eight signs', ' - *** -'), ('nine signs', ' - **** -'), ('semicolon', ';'), ('stars', '**'),
  ('quotes', '"; "'), ('apostrophe', ''''), ('quoted mail', E'\n> '), ('list', E'\r\n * '), ('plus', '+'), ('equals', '='),
  ('tilde', '~'), ('dots', ' ... '), ('cross', '×'), ('entity', '&nbsp;'), ('numbered entity', '&#xA0;'), ('tag', '<br>'),
  ('cells', '</td><td>'), ('tag and newline', E'<br />\n'), ('link', '%20'), ('link''s wide blank', '%C2%A0'),
  ('dollar', ' $'), ('number sign', ' #'), ('a letter', 'x')
) AS signs (what, sign);

-- in the digits of every script
SELECT bool_and(frontdesk.redact(translate('4111 1111 1111 1111', '41', chr(zero + 4) || chr(zero + 1))) = '[card]') AS cards,
       bool_and(frontdesk.redact(translate('0612345678', '0123456789', (SELECT string_agg(chr(zero + digit), '' ORDER BY digit) FROM generate_series(0, 9) AS digit))) = '[phone]') AS phones,
       bool_and(frontdesk.redact('1234567' || chr(zero + 10)) = '1234567' || chr(zero + 10)) AS nothing_else
FROM unnest('{1632,1776,1984,2406,2534,2662,2790,2918,3046,3174,3302,3430,3558,3664,3792,3872,4160,4240,6112,6160,6470,6608,6784,6800,6992,7088,7232,7248,42528,43216,43264,43472,43504,43600,44016,65296,66720,68912,69734,69872,69942,70096,70384,70736,70864,71248,71360,71472,71904,72016,72784,73040,73120,73552,92768,92864,93008,123200,123632,124144,125264,130032}'::int[]) AS zero
WHERE zero <> 6608;   -- a one of another kind follows its nine
SELECT string_agg(frontdesk.redact(translate('4111 1111 1111 1111', '41', chr(120782 + 10 * alphabet + 4) || chr(120782 + 10 * alphabet + 1))), ' ') AS mathematical
FROM generate_series(0, 4) AS alphabet;

-- issuers
SELECT content, frontdesk.redact(content) AS masked FROM (VALUES
  ('9792 0301 2345 6782'), ('8172;0512;3456;7897'), ('8201 0000 0000 0000'), ('6521*1111*1111*1110'), ('5085 0000 0000 0007'),
  ('1354 12345 678911'), ('6703 4444 4444 4444 1'), ('6212 3456 7890 0000 003'), ('3782;822463;10005'), ('3056*9309*0259*04'),
  ('41111111;11111111'), ('12; 4*1*1*1*1*1*1*1*1*1*1*1*1*1*1*1; 77')
) AS examples (content);

-- IBANs beyond the registry, and addresses in links
SELECT content, frontdesk.redact(content) AS masked FROM (VALUES
  ('DZ580002100001113000000570'), ('MA64011519000001205000534921'), ('SN08SN0100152000048500003035'), ('CM21 1000 2000 3002 7797 6315 008'),
  ('jane%40example.com'), ('https://x.example/u?email=jane.doe%40example.com&x=1'), ('jane&#64;example.com'), ('jane&commat;example.com'),
  ('jane%40example, b%40example.com'), ('%40example.com'), ('send?phone=%2B31612345678'), ('06&nbsp;12345678'), ('%4111111111111111')
) AS examples (content);

-- digits of other scripts and full-width signs
SELECT content, frontdesk.redact(content) AS masked FROM (VALUES
  ('４１１１１１１１１１１１１１１１'), ('٤١١١١١١١١١١١١١١١'), ('۴۱۱۱ ۱۱۱۱ ۱۱۱۱ ۱۱۱۱'), ('０６－１２３４５６７８'), ('＋３１６１２３４５６７８'),
  ('٠٦١٢٣٤٥٦٧٨'), ('ＮＬ９１ＡＢＮＡ０４１７１６４３００'), ('ana＠example．com'), ('ana＠example.com'), ('２０２４－０１－１５'),
  (U&'4\FE0F\20E31\FE0F\20E31\FE0F\20E31\FE0F\20E31\FE0F\20E31\FE0F\20E31\FE0F\20E31\FE0F\20E31\FE0F\20E31\FE0F\20E31\FE0F\20E31\FE0F\20E31\FE0F\20E31\FE0F\20E31\FE0F\20E31\FE0F\20E3'),
  (U&'ana\200B@exam\00ADple.com')
) AS examples (content);

-- lists, tables and hours are no numbers of payment
SELECT content, frontdesk.redact(content) AS changed FROM (VALUES
  ('2024–01–15'), ('2024-01-15|10:30:00|4|12,50'), ('45,00 | 52,50 | 19,95 | 10,06'), ('340, 400, 300, 200, 103'),
  ('4,111,111,111,111,111'), (E'45\n52\n19\n10\n22\n33\n44\n53'), ('52:54:00:12:34:56, 22:11'), ('3.14159265, 4.5'),
  ('5260,53; 9622,36; 3456,99; 9119,04'), (E'8532,46\n> 5830,12\n> 4999,30\n> 5754,44\n> 1226,70'), ('(46.586999; 11.924310)'),
  ('<tr><td>46102</td><td>1930,33</td></tr><tr><td>85572</td><td>6038,07</td></tr>'), ('€ 4111 € 1111 € 1111 € 1111'),
  ('$4111; $1111; $1111; $1111'), ('#4111, #1111, #1111, #1111'), ('5289     73     1262,96     3524,29     130     9042,96'),
  ('396015";"2026-04-15";"3136,51";"577";"66";"9343,16'), (E'2538051\n * 5768112\n * 3829623\n * 7142468\n * 8654342'),
  ('13541; 23456; 78911'), ('ORD135412345678911'), ('50%2C 20%20 off'), ('jane%40'),
  ('at 10:30, then 10:45, then 11:00'), ('¥ 12345678'), ('12345678 €'), ('12345678 ￥'), ('＃12345678')
) AS examples (content)
WHERE frontdesk.redact(content) <> content;

-- and behind a run far longer than any number
SELECT right(frontdesk.redact(repeat('123/', 1000) || '4111-1111-1111-1111 ' || repeat('7', 500)), 507) = '[card] ' || repeat('7', 500) AS found;
SELECT frontdesk.holds_card_number(repeat('1-', 70000) || '4111111111111111') AS found,
       frontdesk.holds_card_number(repeat('1-', 70000) || '4111111111111112') AS found_none;

-- hostile text takes no longer than plain text (test/unit/security_redact_test.c counts the steps)
SET statement_timeout = '10s';
SELECT count(frontdesk.redact(repeat(piece, 200000 / length(piece))))
FROM unnest('{a,a@,a@b.,a%40b.,<a,"1 ",1-1-,"DE89 ","+(",((,"123.12 ",....,"4111 "}'::text[]) AS piece;
