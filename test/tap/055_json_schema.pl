# The two ways in which tests look at recorded requests, a JSON Schema and a
# fixture, and that both can find fault.  Needs nothing but Perl.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../perl";
use JSON::PP;
use JsonSchema;
use RequestFixture;
use Test::More;

my $json = JSON::PP->new->utf8->allow_nonref;

# schema, a value that fits, a value that does not
my @cases = (
	[ '{"type": "string"}', '"1"', '1' ],
	[ '{"type": "integer"}', '1.0', '1.5' ],
	[ '{"type": ["string", "null"]}', 'null', 'false' ],
	[ '{"type": "boolean"}', 'true', '1' ],
	[ '{"type": "number", "nullable": true}', 'null', '"x"' ],
	[ '{"enum": ["a", 1]}', '1', '"1"' ],
	[ '{"const": {"a": 1}}', '{"a": 1}', '{"a": 2}' ],
	[ '{"properties": {"a": {"type": "array"}}}', '{"a": [], "b": 1}', '{"a": 1}' ],
	[ '{"required": ["a"]}', '{"a": null}', '{"b": 1}' ],
	[ '{"properties": {"a": {}}, "additionalProperties": false}', '{"a": 1}', '{"a": 1, "b": 1}' ],
	[ '{"additionalProperties": {"type": "string"}}', '{"b": "x"}', '{"b": 1}' ],
	[ '{"items": {"minimum": 3}}', '[3, 4]', '[3, 2]' ],
	[ '{"anyOf": [{"type": "string"}, {"type": "null"}]}', 'null', '1' ],
	[ '{"oneOf": [{"minimum": 1}, {"minimum": 5}]}', '3', '6' ],
	[ '{"allOf": [{"minimum": 1}, {"maximum": 5}]}', '5', '6' ],
	[ '{"not": {"type": "null"}}', '1', 'null' ],
	[ '{"if": {"required": ["a"]}, "then": {"required": ["b"]}, "else": {"required": ["c"]}}', '{"a": 1, "b": 1}', '{"a": 1, "c": 1}' ],
	[ '{"if": {"required": ["a"]}, "else": {"required": ["c"]}}', '{"c": 1}', '{}' ],
	[ '{"pattern": "^a+$"}', '"aa"', '"ab"' ],
	[ '{"minLength": 2, "maxLength": 3}', '"ab"', '"abcd"' ],
	[ '{"minItems": 1, "maxItems": 2}', '[1]', '[]' ],
	[ '{"uniqueItems": true}', '[1, 2]', '[1, 1]' ],
	[ '{"$ref": "#/$defs/node"}', '{"next": {"next": null}}', '{"next": {"next": 1}}' ],
	[ '{"$ref": "#/$defs/a~1b", "description": "said beside"}', '7', '8' ],
);
my $root = $json->decode('{"$defs": {"a/b": {"const": 7},
	"node": {"anyOf": [{"type": "null"}, {"type": "object", "properties": {"next": {"$ref": "#/$defs/node"}}}]}}}');
for my $case (@cases)
{
	my ($schema, $good, $bad) = map { $json->decode($_) } @$case;
	is_deeply([ JsonSchema->new($root)->faults($schema, $good) ], [], "$case->[0] takes $case->[1]");
	isnt(scalar(my @faults = JsonSchema->new($root)->faults($schema, $bad)), 0, "and refuses $case->[2]");
}
is_deeply([ JsonSchema->new($root)->faults({ properties => { a => { items => { type => 'string' } } } }, { a => [ 'x', [] ] }) ],
	['/a/1: is no string'], 'a fault says where it is');
ok(!eval { JsonSchema->new({})->faults({ unheardOf => 1 }, 1); 1 }, 'a keyword that is not known ends the test');
ok(!eval { JsonSchema->new({})->faults('#/nowhere', 1); 1 }, 'so does a reference to nothing');
ok(!eval { JsonSchema->new({})->faults({ type => 'text' }, 1); 1 }, 'and a type that there is not');

# fixture body, a body that fits, bodies that do not
my @bodies = (
	[ '{"a": 1}', '{"a": 1}', '{"a": "1"}', '{}', '{"a": 1, "b": 1}' ],
	[ '{"a": [1, {"$type": "integer"}]}', '{"a": [1, 9]}', '{"a": [1]}', '{"a": [1, "9"]}' ],
	[ '{"$match": "^x.z$"}', '"xyz"', '"xyzz"', '{"$match": "^x.z$"}' ],
	[ '{"$json": {"a": {"$type": "string"}}}', '"{\"a\": \"b\"}"', '"{\"a\": 1}"', '"{"' ],
	[ '{"$each": {"a": true}}', '[{"a": true}, {"a": true}]', '[]', '[{"a": true}, {"a": false}]', '{}' ],
);
for my $case (@bodies)
{
	my ($want, @got) = map { $json->decode($_) } @$case;
	my $fixture = bless { method => 'POST', path => '/a', headers => { key => 'k', token => undef }, body => $want }, 'RequestFixture';
	my $record = { method => 'POST', path => '/a', headers => { key => 'k', other => 1 }, body => shift @got };

	is_deeply([ $fixture->faults($record) ], [], "fixture $case->[0] takes $case->[1]");
	isnt(scalar(my @faults = $fixture->faults({ %$record, body => $_ })), 0, 'and refuses ' . $json->canonical->encode($_)) for @got;
	isnt(scalar(my @path = $fixture->faults({ %$record, path => '/b' })), 0, 'and another path');
	isnt(scalar(my @key = $fixture->faults({ %$record, headers => { key => 'q' } })), 0, 'and another header');
	isnt(scalar(my @more = $fixture->faults({ %$record, headers => { key => 'k', token => 1 } })), 0, 'and one that must not be sent');
}

done_testing();
