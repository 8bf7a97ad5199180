-- agents: what the extraction agent reads out of messages.  The comments are
-- sent to the model.  One vendor allows 16 properties that may be null in one
-- schema: extraction with both its parts has exactly so many.

CREATE TYPE frontdesk.work_mode AS ENUM ('on_site', 'hybrid', 'remote');
COMMENT ON TYPE frontdesk.work_mode IS 'Where work is done.';

CREATE TYPE frontdesk.employment_kind AS ENUM ('full_time', 'part_time', 'temporary', 'freelance', 'internship', 'apprenticeship');
COMMENT ON TYPE frontdesk.employment_kind IS 'Form of employment.';

CREATE DOMAIN frontdesk.stated_text AS text CONSTRAINT stated_text_not_null NOT NULL;
COMMENT ON DOMAIN frontdesk.stated_text IS 'Text that is always there.';

CREATE TYPE frontdesk.candidate_evidence AS (
  field frontdesk.stated_text,
  quote frontdesk.stated_text
);
COMMENT ON TYPE frontdesk.candidate_evidence IS 'Where a field comes from.';
COMMENT ON COLUMN frontdesk.candidate_evidence.field IS 'Name of the field.';
COMMENT ON COLUMN frontdesk.candidate_evidence.quote IS 'The candidate''s own words, copied letter by letter, at most 20 words.';

CREATE TYPE frontdesk.candidate_info AS (
  full_name text,
  email text,
  phone text,
  city text,
  country text,
  willing_to_relocate boolean,
  work_authorisations text[],
  current_title text,
  current_company text,
  total_experience_months integer,
  employment text[],
  education text[],
  skills text[],
  certifications text[],
  languages text[],
  salary_expectation text,
  notice_period text,
  available_from date,
  work_modes frontdesk.work_mode[],
  employment_kinds frontdesk.employment_kind[],
  links text[],
  declined text[],
  evidence frontdesk.candidate_evidence[]
);
COMMENT ON TYPE frontdesk.candidate_info IS
'What a candidate says of themselves. Null or an empty array means not stated.';
COMMENT ON COLUMN frontdesk.candidate_info.full_name IS 'Name as the candidate writes it.';
COMMENT ON COLUMN frontdesk.candidate_info.phone IS 'Phone number as E.164, for example +4915112345678; as written when the country is unclear.';
COMMENT ON COLUMN frontdesk.candidate_info.country IS 'Country of residence, ISO 3166 two-letter code.';
COMMENT ON COLUMN frontdesk.candidate_info.willing_to_relocate IS 'Null unless stated.';
COMMENT ON COLUMN frontdesk.candidate_info.work_authorisations IS 'Countries with the right to work there, or "needs sponsorship" with the country; never nationality.';
COMMENT ON COLUMN frontdesk.candidate_info.total_experience_months IS 'Relevant experience in months: 2 years are 24.';
COMMENT ON COLUMN frontdesk.candidate_info.employment IS 'Former jobs, one each: title, employer, time.';
COMMENT ON COLUMN frontdesk.candidate_info.education IS 'Degrees and training, one each, with "completed" or "not completed" when stated.';
COMMENT ON COLUMN frontdesk.candidate_info.skills IS 'Skills, one each, with level and years when stated.';
COMMENT ON COLUMN frontdesk.candidate_info.certifications IS 'Certificates and licences, one each, with issuer and validity when stated.';
COMMENT ON COLUMN frontdesk.candidate_info.languages IS 'Languages as code and CEFR level, for example "de B2"; the code alone when no level is stated.';
COMMENT ON COLUMN frontdesk.candidate_info.salary_expectation IS 'What the candidate expects: amount or range, currency, period, gross or net as stated. Never former pay.';
COMMENT ON COLUMN frontdesk.candidate_info.notice_period IS 'For example "3 months".';
COMMENT ON COLUMN frontdesk.candidate_info.available_from IS 'First possible day of work.';
COMMENT ON COLUMN frontdesk.candidate_info.declined IS 'Names of fields the candidate refused to state.';
COMMENT ON COLUMN frontdesk.candidate_info.evidence IS 'One quote for every field that was filled in.';

CREATE TYPE frontdesk.job_requirements AS (
  title text,
  must_have text[],
  nice_to_have text[],
  salary_range text,
  locations text[],
  work_modes frontdesk.work_mode[],
  employment_kinds frontdesk.employment_kind[],
  languages text[]
);
COMMENT ON TYPE frontdesk.job_requirements IS
'The job the message is about, as far as the conversation describes it.';
COMMENT ON COLUMN frontdesk.job_requirements.title IS 'Title or reference of the job.';
COMMENT ON COLUMN frontdesk.job_requirements.must_have IS 'Requirements that must be met, one each.';
COMMENT ON COLUMN frontdesk.job_requirements.nice_to_have IS 'Requirements that help, one each.';
COMMENT ON COLUMN frontdesk.job_requirements.salary_range IS 'Pay as stated: range, currency, period.';
COMMENT ON COLUMN frontdesk.job_requirements.languages IS 'Languages as code and CEFR level.';

CREATE TYPE frontdesk.extraction AS (
  candidate frontdesk.candidate_info,
  job frontdesk.job_requirements
);
COMMENT ON TYPE frontdesk.extraction IS
'The answer of the extraction agent.';
COMMENT ON COLUMN frontdesk.extraction.candidate IS 'Null when the customer says nothing about themselves as a candidate.';
COMMENT ON COLUMN frontdesk.extraction.job IS 'Null when no job is described.';
