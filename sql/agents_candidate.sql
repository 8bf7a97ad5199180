-- What patterns find about a candidate: local_extraction().
CREATE FUNCTION pg_temp.facts(content text) RETURNS jsonb LANGUAGE sql AS $$ SELECT frontdesk.local_extraction(content) -> 'candidate' $$;
CREATE FUNCTION pg_temp.told(field text, VARIADIC contents text[]) RETURNS TABLE (content text, found text) LANGUAGE sql AS $$
  SELECT c, pg_temp.facts(c) ->> field FROM unnest(contents) WITH ORDINALITY u(c, n) ORDER BY n $$;

SELECT frontdesk.local_extraction('What do you pay?') AS nothing, frontdesk.local_extraction('') AS empty, frontdesk.local_extraction(NULL) AS unknown;
SELECT jsonb_pretty(pg_temp.facts('Hello, my name is Maria Santos. I am 25 and a nurse with 2.5 years of experience, my notice period is 4 weeks and I could start on 1 March 2099. I expect 3,100 euros a month gross. maria.santos@example.org, +31 6 12345678')) AS all_of_them;

-- names: introduced, presented, signed
SELECT * FROM pg_temp.told('full_name', 'my name is maria, I call about the job', 'Ik heet Jan de Vries en ben chauffeur', 'Ich heiße Anna-Lena Müller.', 'je m''appelle Élodie d''Arc',
  'I''m Sinéad O''Connor', 'Ich bin Jürgen von der Heide', 'ik ben Sanne Bakker', 'Je suis Jean-Luc Picard, pilote', 'Soy José Ángel Muñoz', 'Sou a Inês Conceição', 'sono Niccolò D''Angelo',
  E'I saw your advert.\nKind regards\nTom J. Whitfield', E'Mit freundlichen Grüßen,\n\nÖzlem Yıldız\nTel. 030 5550123', 'Thanks, Ben', 'Un saludo, Marta Gil',
  U&'Me llamo Mari\0301a Nu\0301n\0303ez', 'Chamo-me Rui Sá', 'This is MARCUS BELL, call me');
-- … and what is none
SELECT * FROM pg_temp.told('full_name', 'I am Dutch', 'I am very interested', 'I am a Senior Developer', 'I am Senior Developer', 'Ich bin Teamplayer', 'Ich bin Gelernte Köchin', 'ich heiße jetzt anders',
  'Je suis très motivée', 'Soy de Sevilla', 'Sono Italiano', 'Ik ben Nederlander', 'My name is on the list', 'Thanks Tom for the help', 'Merci beaucoup', 'Best regards', 'Her name is Holly',
  E'Thanks,\nSent from my iPhone', 'Danke, Ihr Team!', 'I am looking for work as a driver');

-- experience: halves, words, one's own work
SELECT * FROM pg_temp.told('total_experience_months', '2.5 years of experience', '2,5 Jahre Erfahrung', '2½ years'' experience', '2 1/2 years of experience', 'two and a half years of experience', 'a year and a half of work experience',
  'anderthalb Jahre Erfahrung', 'zweieinhalb Jahre Berufserfahrung', 'anderhalf jaar ervaring', 'tweeënhalf jaar ervaring', '2 en een half jaar ervaring', 'deux ans et demi d''expérience', 'un an et demi d''expérience',
  'dos años y medio de experiencia', 'año y medio de experiencia', 'três anos e meio de experiência', 'due anni e mezzo di esperienza', '18 months of experience', 'half a year of experience', '10+ years experience',
  'Ich bin seit 12 Jahren Koch', 'llevo 6 años trabajando de camarero', 'mécanicien depuis 8 ans', 'I worked in a bakery for four years', 'J''ai 8 ans d''expérience');
-- … and never an age, a notice, a guarantee
SELECT * FROM pg_temp.told('total_experience_months', 'I am 25', 'I am 25 years old and want to work', 'I''m 34 years, looking for work', 'ich bin 19 Jahre alt', 'Ich bin jetzt 25 Jahre', 'ik ben 22 jaar en zoek werk', 'J''ai 27 ans et je cherche un travail',
  'tengo 31 años y busco trabajo', 'tenho 40 anos', 'ho 29 anni', 'my son is 3 years', 'a 45 year old nurse', 'I have lived here for 5 years', 'two weeks of experience', 'Is there a warranty of two years?', '1990 years of experience');
SELECT * FROM pg_temp.told('total_experience_months', 'I am 25 and have 3 years of experience', 'Tengo 31 años y llevo 6 años trabajando', 'J''ai 30 ans. 5 ans d''expérience en cuisine.');

-- telephone: by its code, or by the word before it
SELECT * FROM pg_temp.told('phone', 'call me on 07700 900461', '+49 151 23456789', 'Tel.: 030/5550123', 'Sie erreichen mich unter 030 5550123', 'bel me op 06-12345678', 'joignable au 06 39 98 01 02', 'mi móvil es 600 123 456', 'meu WhatsApp é (11) 95555-0101', 'il mio cellulare è 347 555 0198');
SELECT * FROM pg_temp.told('phone', 'my order is 0612 3344 55', 'Bestellnummer 4930 2231 11', 'order number 44182001, please call', 'commande 0612334455', 'on 10/01/2027', '4111 1111 1111 1111', 'call me, my card is 4111 1111 1111 1111', 'IBAN NL91 ABNA 0417 1643 00', 'room 12', '12345678');

-- notice, pay, first day: each beside the word that tells what it is
SELECT * FROM pg_temp.told('notice_period', 'my notice period is 3 months', 'four weeks'' notice', 'Kündigungsfrist von 3 Monaten', 'opzegtermijn is 1 maand', 'mon préavis est de deux mois', '15 días de preaviso', 'tengo que avisar con 15 días', 'aviso prévio de 30 dias', 'un preavviso di 30 giorni',
  'What is the notice period, 3 months?', 'I was there for 3 months', 'my notice period is long');
SELECT * FROM pg_temp.told('salary_expectation', 'I expect 2,800 euros a month before tax.', 'Gehaltsvorstellung: 3.200 € brutto', 'ik wil graag 2600 euro bruto per maand verdienen', 'prétentions salariales de 32 000 euros par an', 'me gustaría ganar 1.600 euros al mes', 'pretensão salarial de 2.500 reais', 'vorrei guadagnare 1500 euro al mese', 'I would like to earn £14 an hour', 'expected salary 45k',
  'I currently earn 2,500 euros', 'The bike cost 900 euros', 'Is the salary 2,500 euros?', 'I paid 49 euros for the repair', 'my salary is good', 'I expect 3 visitors');
SELECT * FROM pg_temp.told('available_from', 'I can start on 1 March 2099', 'available from March 1st, 2099', 'ab dem 01.08.2099', 'ab 1. August 2099', 'vanaf 15-01-2099', 'disponible à partir du 15 janvier 2099', 'disponible à partir du 1er mars 2099', 'puedo empezar el 1 de febrero de 2099', 'posso começar em 13/01/2099', 'posso iniziare dal 1 marzo 2099', 'available from 2099-03-01',
  'I worked there from 1 March 2009', 'born on 1 March 2099', 'available, born on 1 March 2099', 'I start on 30 February 2099', 'I could start on 03/04/2099', 'from 1 March 2099 to 5 May 2099', 'the order of 1 March 2099', 'I can start on Monday');
-- a day without a year is the next one
SELECT (pg_temp.facts('I can start on 1 March') ->> 'available_from')::date - current_date BETWEEN 0 AND 366 AS next_one;

-- an address, a job; a chief is no cook
SELECT * FROM pg_temp.told('email', 'me@example.org', 'Mail: first.last+job@mail.example.co.uk.', 'call me @work', '@', 'a@b');
SELECT * FROM pg_temp.told('current_title', 'I work as a chef', 'Köchin, 3 Jahre', 'je voudrais parler au chef', 'ich möchte den Chef sprechen', 'cooking is nice', 'I am an electrician');
-- others' data that is no text of ours: long, empty of words, cut in the middle of a letter
SELECT pg_temp.facts(repeat('my name is ', 100000)) AS repeated, pg_temp.facts(repeat('1 ', 100000)) AS digits, pg_temp.facts(repeat('+', 100000)) AS signs,
  pg_temp.facts(repeat('é', 4095) || ' éé my name is Tom Bell') AS cut, pg_temp.facts(repeat('a@', 50000)) AS addresses;
