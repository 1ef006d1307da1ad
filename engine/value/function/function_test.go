package function_test

import (
	"strings"
	"testing"
	"time"

	"github.com/karezflow/karez/engine/value/function"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
)

// document gives the values of placeholders by path; in aggregates a path names the list and the member.
type document struct {
	raw   item.Value
	paths []string
}

func (d document) Value(i int) (item.Value, error) { return d.raw.Path(d.paths[i]), nil }

func (d document) Each(i int, yield func(item.Value) error) error {
	list, name, _ := strings.Cut(d.paths[i], ".")
	for line := range d.raw.Path(list).Elements() {
		if err := yield(line.Path(name)); err != nil {
			return err
		}
	}
	return nil
}

// pieces splits a text at its placeholders.
func pieces(text string) (list []function.Piece, paths []string) {
	for text != "" {
		head, rest, ok := strings.Cut(text, "{{")
		if head != "" {
			list = append(list, function.Piece{Text: head})
		}
		if !ok {
			return list, paths
		}
		path, tail, _ := strings.Cut(rest, "}}")
		list = append(list, function.Piece{Text: "{{" + path + "}}", Placeholder: true})
		paths = append(paths, path)
		text = tail
	}
	return list, paths
}

const sample = `{"price":"12.50","qty":3,"amount":12345678901234567.89,"big":9223372036854775807,"exp":1.5e3,"org":"100","code":"007","name":"O'Brien \"x\" \\","empty":"","none":null,"yes":true,
"date":"2024-02-29 13:14:15","evil":"1 OR 1=1","quote":"'); DROP TABLE x; --","braces":"{{price}}","prefix":"_function 1+1",
"items":[{"qty":0.1,"price":"10.00","name":"b"},{"qty":0.2,"price":"20.00","name":"a"},{"qty":"","price":null,"name":"c"}],"emptyItems":[]}`

func zone(t *testing.T) *time.Location {
	t.Helper()
	z, err := time.LoadLocation("Asia/Shanghai")
	if err != nil {
		t.Fatal(err)
	}
	return z
}

var now = time.Date(2024, 6, 1, 4, 0, 0, 0, time.UTC)

func eval(t *testing.T, text string) (string, error) {
	t.Helper()
	parts, paths := pieces(text)
	e, err := function.Compile(parts, zone(t))
	if err != nil {
		return "", err
	}
	out, err := e.Eval(document{item.Of([]byte(sample)), paths}, now)
	return string(out.Append(nil)), err
}

func TestValues(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ text, want string }{
		{"{{price}}*{{qty}}", "37.50"},
		{"{{amount}}*2", "24691357802469135.78"},
		{"{{big}}+0.5", "9223372036854775807.5"},
		{"{{exp}}+1", "1501"},
		{"0.1+0.2", "0.3"},
		{"1/3", "0.3333"},
		{"{{yes}}+1", "2"},
		{"{{empty}}+1", "null"},
		{"{{none}}", "null"},
		{"{{nothere}}", "null"},
		{"IFNULL({{none}},'x')", `"x"`},
		{"CASE '{{org}}' WHEN '100' THEN {{price}}*{{qty}} ELSE '0' END", `"37.50"`},
		{"CASE '{{org}}' WHEN '200' THEN 1 ELSE 0 END", "0"},
		{"'{{none}}'", `""`},
		{"'no {{org}}-{{code}}!'", `"no 100-007!"`},
		{"\"{{org}}\"", `"100"`},
		{"'it''s {{org}}'", `"it's 100"`},
		{`'a\'b{{org}}'`, `"a'b100"`},
		{"{{code}}", `"007"`},
		{"CONCAT({{code}},{{org}})", `"007100"`},
		{"'{{name}}'", `"O'Brien \"x\" \\"`},
		{"LEFT('{{name}}',3)", `"O'B"`},
		{"IF({{qty}}>2,'many','few')", `"many"`},
		{"FROM_UNIXTIME(1717214400-600,'%Y-%m-%d %H:%i:%s')", `"2024-06-01 11:50:00"`},
		{"NOW()", `"2024-06-01 12:00:00"`},
		{"UNIX_TIMESTAMP('{{date}}')", "1709183655"},
		{"DATE_FORMAT('{{date}}','%Y/%m/%d')", `"2024/02/29"`},
		{"DATE_ADD('{{date}}', INTERVAL 1 YEAR)", `"2025-02-28 13:14:15"`},
		// values change nothing
		{"'{{evil}}'", `"1 OR 1=1"`},
		{"IF('{{evil}}'='x',1,0)", "0"},
		{"CONCAT('{{quote}}','!')", `"'); DROP TABLE x; --!"`},
		{"'{{braces}}'", `"{{price}}"`},
		{"'{{prefix}}'", `"_function 1+1"`},
		// lines
		{"SUM({{items.qty}})", "0.3"},
		{"SUM({{items.qty}})*2", "0.6"},
		{"AVG({{items.price}})", "15.000000"},
		{"MAX({{items.price}})", "20.00"},
		{"MIN({{items.name}})", `"a"`},
		{"COUNT({{items.qty}})", "2"},
		{"COUNT({{emptyItems.qty}})", "0"},
		{"SUM({{emptyItems.qty}})", "null"},
		{"IFNULL(SUM({{emptyItems.qty}}),0)", "0"},
		{"IF(COUNT({{items.qty}})>1, SUM({{items.qty}}), 0)", "0.3"},
		// our own
		{"SUBSTRING_INDEX('a,b,c',',',2)", `"a,b"`},
		{"SUBSTRING_INDEX('a,b,c',',',-1)", `"c"`},
		{"UPPER(SUBSTRING_INDEX('{{org}}-x','-',-1))", `"X"`},
		{"DATEDIFF('2024-03-01','{{date}}')", "1"},
		{"TIMESTAMPDIFF(MONTH,'2024-01-31','2024-02-29')", "0"},
		{"TIMESTAMPDIFF(HOUR,'{{date}}','2024-02-29 15:14:14')", "1"},
		{"EXTRACT(YEAR_MONTH FROM '{{date}}')", "202402"},
		{"STR_TO_DATE('01.02.2024','%d.%m.%Y')", `"2024-02-01"`},
		{"FORMAT(1234567.891,2)", `"1,234,567.89"`},
		{"FIND_IN_SET('B','a,b')", "2"},
		{"DAYNAME('{{date}}')", `"Thursday"`},
		{"TIMEDIFF('10:00:00','09:30:00')", `"00:30:00"`},
		{"QUOTE('{{name}}')", `"'O\\'Brien \"x\" \\\\'"`},
		{"GROUP_CONCAT({{items.name}} SEPARATOR ' ')", `"b a c"`},
		{"COUNT(DISTINCT {{items.price}})", "2"},
		// digits stay, in JSON too
		{`JSON_EXTRACT('{"a":12345678901234567.890}','$.a')`, "12345678901234567.890"},
		{`JSON_UNQUOTE(JSON_EXTRACT('{"a":9007199254740993}','$.a'))`, `"9007199254740993"`},
		{`JSON_EXTRACT('{"a":9007199254740993}','$.a')+1`, "9007199254740994"},
		{"JSON_EXTRACT({{items}},'$[1].price')", `"20.00"`},
		{"JSON_EXTRACT({{items}},'$[*].name')", `"[\"b\", \"a\", \"c\"]"`},
		{"JSON_EXTRACT({{items}},'$[9]')", "null"},
		{"JSON_EXTRACT({{items}},'items')", "null"},
		{"JSON_OBJECT('p',{{price}},'n',{{none}},'t','{{org}}')", `"{\"p\": 12.50, \"n\": null, \"t\": \"100\"}"`},
		// every branch has the places of the one with the most
		{"IF({{price}}<0,{{price}},0)", "0.00"},
		{"CONCAT('x',COALESCE({{none}},{{qty}},{{price}}))", `"x3.00"`},
		{"ROUND({{price}},{{qty}})", "12.500"},
		{"IF({{qty}}>5,SUM({{items.price}}),0)", "0.00"},
		{"IF({{qty}}>5,{{code}},{{qty}})", `"3"`},
		// blanks at the end don't count
		{"IF('{{org}} '='100','same','other')", `"same"`},
		{"CASE '{{org}}  ' WHEN '100 ' THEN 1 ELSE 0 END", "1"},
		{"'{{org}} ' IN ('100')", "1"},
		// a branch that is not taken is not computed
		{"CASE WHEN 1=1 THEN 'x' ELSE SUBSTRING_INDEX(9223372036854775807+{{qty}},',',1) END", `"x"`},
		{"IF({{qty}}=3, 7, DATEDIFF(9223372036854775807+{{qty}},'x'))", "7"},
		{"CASE WHEN {{qty}}=1 THEN 1 WHEN {{qty}}=3 THEN 2 ELSE SUBSTRING_INDEX(9223372036854775807+1,',',1) END", `"2"`},
	} {
		t.Run(c.text, func(t *testing.T) {
			t.Parallel()
			got, err := eval(t, c.text)
			if err != nil || got != c.want {
				t.Errorf("%s gives %s, %v; want %s", c.text, got, err, c.want)
			}
		})
	}
}

func TestRefused(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ text, code, offset string }{
		{"1 +", "function.syntax", "3"},
		{"CASE WHEN 1 THEN", "function.syntax", "16"},
		{"1, 2", "function.syntax", "0"},
		{"1 FROM x", "function.syntax", "0"},
		{"1 AS y", "function.syntax", "0"},
		{"(SELECT 1)", "function.unknown", "0"},
		{"SLEEP(1)", "function.unknown", "0"},
		{"UUID()", "function.unknown", "0"},
		{"SYSDATE()", "function.unknown", "0"},
		{"CONCAT(SYSDATE(3),'')", "function.unknown", "0"},
		{"RAND()", "function.unknown", "0"},
		{"LOAD_FILE('/etc/passwd')", "function.unknown", "0"},
		{"{{qty}}000", "function.syntax", "7"},
		{"{{qty}}{{org}}", "function.syntax", "7"},
		{"COUNT(*)", "function.aggregate", "0"},
		{"SUM('{{qty}}')", "function.aggregate", "0"},
		{"GROUP_CONCAT({{items.name}} ORDER BY 1)", "function.aggregate", "0"},
		{"-POW(10,300)*POW(10,300)", "function.failed", ""},
		{"price*2", "function.unknown", "0"},
		{"'open", "function.syntax", "0"},
		{"{{qty}} + 'open {{org}}", "function.syntax", "10"},
		{"`{{qty}}`", "function.syntax", "1"},
		{"SUM({{items.qty}}*2)", "function.aggregate", "0"},
		{"SUBSTRING_INDEX('a')", "function.arguments", "0"},
		{"", "function.syntax", "0"},
		{"9223372036854775807+{{qty}}", "function.failed", ""},
		{"SUM({{items.name}})", "function.not_a_number", ""},
	} {
		t.Run(c.text, func(t *testing.T) {
			t.Parallel()
			got, err := eval(t, c.text)
			if fault.CodeOf(err) != c.code || fault.From(err).Args["offset"] != c.offset {
				t.Errorf("%s gives %s, %v at %q; want %s at %s", c.text, got, err, fault.From(err).Args["offset"], c.code, c.offset)
			}
		})
	}
}

func BenchmarkEval(b *testing.B) {
	z := time.FixedZone("", 8*3600)
	for name, text := range map[string]string{
		"product": "{{price}}*{{qty}}",
		"case":    "CASE '{{org}}' WHEN '100' THEN {{price}}*{{qty}} ELSE '0' END",
		"format":  "DATE_FORMAT('{{date}}','%Y/%m/%d')",
		"sum":     "SUM({{items.qty}})",
		"own":     "SUBSTRING_INDEX('{{date}}',' ',1)",
	} {
		b.Run(name, func(b *testing.B) {
			parts, paths := pieces(text)
			e, err := function.Compile(parts, z)
			if err != nil {
				b.Fatal(err)
			}
			in := document{item.Of([]byte(sample)), paths}
			var out []byte
			b.ReportAllocs()
			for b.Loop() {
				r, err := e.Eval(in, now)
				if err != nil {
					b.Fatal(err)
				}
				out = r.Append(out[:0])
			}
		})
	}
}
