// Package mysqltest compares expressions with what a real server answers. It holds
// tests only, and needs the server of KAREZ_TEST_MYSQL.
package mysqltest_test

import (
	"database/sql"
	"fmt"
	"math/rand/v2"
	"net/url"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"

	"github.com/karezflow/karez/engine/value/function"
	"github.com/karezflow/karez/sdk/item"
)

// templates are expressions over the columns of a generated document: {{n…}} hold
// whole numbers, {{d…}} decimals, {{s…}} texts, {{t…}} times, {{i…}} small numbers.
var templates = []string{
	"{{n1}}+{{n2}}", "{{n1}}-{{d1}}", "{{d1}}*{{d2}}", "{{d1}}/{{n3}}", "{{n1}} DIV {{n3}}", "{{n1}} MOD {{n3}}", "{{d1}} % {{n3}}", "-{{d1}}", "({{d1}}+{{d2}})*{{n3}}/100",
	"ROUND({{d1}}*{{d2}},2)", "ROUND({{d1}})", "ROUND({{d1}},5)", "ROUND({{d1}},-1)", "TRUNCATE({{d1}},1)", "CEIL({{d1}})", "FLOOR({{d1}})", "ABS({{d1}})", "SIGN({{d1}})", "POW({{i1}},2)", "SQRT({{n3}})",
	"GREATEST({{d1}},{{d2}},{{n1}})", "LEAST({{d1}},{{d2}})", "{{d1}}>{{d2}}", "{{n1}}={{n2}}", "{{d1}}<=>NULL", "{{n1}} BETWEEN 0 AND 100", "{{n1}} IN (1,2,{{n1}})", "NOT {{i1}}", "{{i1}} AND {{i2}}", "{{i1}} OR {{i2}}", "{{i1}} XOR {{i2}}",
	"'{{s1}}'", "CONCAT('{{s1}}','-','{{s2}}')", "CONCAT('{{s1}}',{{n1}})", "CONCAT_WS(',','{{s1}}','{{s2}}','')", "LEFT('{{s1}}',{{i1}})", "RIGHT('{{s1}}',2)", "SUBSTRING('{{s1}}',{{i1}})", "SUBSTRING('{{s1}}',2,{{i2}})", "MID('{{s1}}',1,3)", "SUBSTR('{{s1}}',-2)",
	"LENGTH('{{s1}}')", "CHAR_LENGTH('{{s1}}')", "LOCATE('a','{{s1}}')", "LOCATE('a','{{s1}}',2)", "INSTR('{{s1}}','b')", "POSITION('c' IN '{{s1}}')", "REPLACE('{{s1}}','a','_')", "REVERSE('{{s1}}')", "REPEAT('{{s2}}',2)", "LPAD('{{s1}}',8,'*')", "RPAD('{{s1}}',8,'.')",
	"TRIM('  {{s1}}  ')", "LTRIM('  {{s1}}')", "RTRIM('{{s1}}  ')", "TRIM(LEADING 'a' FROM '{{s1}}')", "UPPER('{{s1}}')", "LOWER('{{s1}}')", "'{{s1}}'='{{s2}}'", "'{{s1}}'<'{{s2}}'", "'{{s1}}' LIKE 'a%'", "'{{s1}}' LIKE '%_b%'", "STRCMP('{{s1}}','{{s2}}')", "FIELD('{{s1}}','abc','{{s1}}')", "ELT(2,'{{s1}}','{{s2}}')",
	"'{{n1}}'+0", "'{{d1}}'*1", "'{{s1}}'+0", "CAST('{{d1}}' AS DECIMAL(20,3))", "CAST({{d1}} AS SIGNED)", "CAST({{n1}} AS CHAR)", "CAST('{{n1}}' AS SIGNED)", "CONVERT({{d1}},DECIMAL(12,1))",
	"IF({{d1}}>0,{{d1}},0)", "IF('{{s1}}'='','leer','{{s1}}')", "IFNULL(NULL,{{d1}})", "NULLIF({{n1}},{{n1}})", "COALESCE(NULL,'{{s1}}')", "ISNULL('{{s1}}')", "CASE '{{s1}}' WHEN 'abc' THEN 'x' ELSE 'y' END", "CASE WHEN {{d1}}>10 THEN {{d1}}*2 WHEN {{d1}}<0 THEN 0 ELSE {{d1}} END", "CASE WHEN {{n1}}>0 THEN {{d1}} ELSE '0' END",
	"DATE_FORMAT('{{t1}}','%Y-%m-%d %H:%i:%s')", "DATE_FORMAT('{{t1}}','%y%c%e %W %b %j')", "DATE('{{t1}}')", "TIME('{{t1}}')", "YEAR('{{t1}}')", "MONTH('{{t1}}')", "DAY('{{t1}}')", "HOUR('{{t1}}')", "MINUTE('{{t1}}')", "SECOND('{{t1}}')", "QUARTER('{{t1}}')", "WEEK('{{t1}}')", "WEEKDAY('{{t1}}')", "DAYOFWEEK('{{t1}}')", "DAYOFYEAR('{{t1}}')", "LAST_DAY('{{t1}}')", "TO_DAYS('{{t1}}')",
	"DATE_ADD('{{t1}}',INTERVAL {{i1}} DAY)", "DATE_SUB('{{t1}}',INTERVAL 1 MONTH)", "DATE_ADD('{{t1}}',INTERVAL {{n3}} SECOND)", "ADDDATE('{{t1}}',{{i2}})", "UNIX_TIMESTAMP('{{t1}}')", "FROM_UNIXTIME({{u1}})", "FROM_UNIXTIME({{u1}},'%Y-%m-%d')", "FROM_UNIXTIME({{u1}}-600,'%Y-%m-%d %H:%i:%s')", "'{{t1}}'<'{{t2}}'",
	"DATEDIFF('{{t1}}','{{t2}}')", "TIMESTAMPDIFF(DAY,'{{t1}}','{{t2}}')", "TIMESTAMPDIFF(MONTH,'{{t1}}','{{t2}}')", "TIMESTAMPDIFF(YEAR,'{{t1}}','{{t2}}')", "TIMESTAMPDIFF(HOUR,'{{t1}}','{{t2}}')", "TIMESTAMPDIFF(MINUTE,'{{t1}}','{{t2}}')", "EXTRACT(YEAR_MONTH FROM '{{t1}}')", "EXTRACT(HOUR FROM '{{t1}}')", "EXTRACT(DAY_SECOND FROM '{{t1}}')", "DAYNAME('{{t1}}')", "MONTHNAME('{{t1}}')",
	"STR_TO_DATE('{{t1}}','%Y-%m-%d %H:%i:%s')", "STR_TO_DATE('{{t1}}','%Y-%m-%d')", "TIMESTAMP('{{t1}}')", "TIME_FORMAT('{{t1}}','%H:%i')", "TIMEDIFF('{{t1}}','{{t1}}')", "SUBSTRING_INDEX('{{s1}}-{{s2}}','-',{{i1}})", "SUBSTRING_INDEX('{{s1}}-{{s2}}','-',-1)", "FIND_IN_SET('{{s2}}','a,{{s2}},c')", "FORMAT({{d1}},2)", "FORMAT({{d2}},0)", "QUOTE('{{s1}}')",
	"MD5('{{s1}}')", "SHA1('{{s1}}')", "HEX('{{s1}}')", "TO_BASE64('{{s1}}')", "ASCII('{{s1}}')", "CRC32('{{s1}}')", "CONV({{n3}},10,16)", "LOG10({{n3}})", "JSON_UNQUOTE(JSON_EXTRACT('{\"a\":\"{{n1}}\"}','$.a'))", "'{{s1}}' REGEXP '^[a-c]+$'",
}

// A decimal keeps the places it has where a server pads it to those of the other
// branches of an IF or CASE: 0 for 0.00. It is the only difference that stays.

type row map[string]string

func rows(seed uint64) []row {
	rnd := rand.New(rand.NewPCG(seed, 7))
	texts := []string{"", "a", "abc", "ABC", "a b", "中文🙂x", "O'Brien", `back\slash`, "12abc", "0012", "-5", "%_", "cab", "é"}
	var all []row
	for range 40 {
		decimalOf := func() string {
			return fmt.Sprintf("%s%d.%0*d", []string{"", "-"}[rnd.IntN(2)], rnd.IntN(100000), 1+rnd.IntN(4), rnd.IntN(10))
		}
		momentOf := func() string {
			return time.Date(2019+rnd.IntN(6), time.Month(1+rnd.IntN(12)), 1+rnd.IntN(31), rnd.IntN(24), rnd.IntN(60), rnd.IntN(60), 0, time.UTC).Format("2006-01-02 15:04:05")
		}
		all = append(all, row{
			"n1": strconv.Itoa(rnd.IntN(2000) - 1000), "n2": strconv.FormatInt(rnd.Int64N(1<<50), 10), "n3": strconv.Itoa(1 + rnd.IntN(999)),
			"d1": decimalOf(), "d2": decimalOf(), "s1": texts[rnd.IntN(len(texts))], "s2": texts[rnd.IntN(len(texts))], "t1": momentOf(), "t2": momentOf(),
			"i1": strconv.Itoa(rnd.IntN(5)), "i2": strconv.Itoa(rnd.IntN(4)), "u1": strconv.Itoa(1_500_000_000 + rnd.IntN(200_000_000)),
		})
	}
	return all
}

// names are the placeholders of the text in their order.
func pieces(text string) (list []function.Piece, names []string) {
	for text != "" {
		head, rest, ok := strings.Cut(text, "{{")
		list = append(list, function.Piece{Text: head})
		if !ok {
			break
		}
		name, tail, _ := strings.Cut(rest, "}}")
		list = append(list, function.Piece{Text: "{{" + name + "}}", Placeholder: true})
		names = append(names, name)
		text = tail
	}
	return list, names
}

type inputs struct {
	row   row
	names []string
}

func (in inputs) Value(i int) (item.Value, error) {
	text := in.row[in.names[i]]
	if strings.HasPrefix(in.names[i], "s") || strings.HasPrefix(in.names[i], "t") {
		return item.Of(item.AppendText(nil, text)), nil
	}
	return item.Of([]byte(text)), nil
}

func (in inputs) Each(int, func(item.Value) error) error { return nil }

// pasted writes the expression as a careful person would by hand.
func pasted(template string, r row) string {
	for name, value := range r {
		if strings.HasPrefix(name, "s") {
			value = strings.ReplaceAll(strings.ReplaceAll(value, `\`, `\\`), "'", `\'`)
		}
		template = strings.ReplaceAll(template, "{{"+name+"}}", value)
	}
	return template
}

func open(t *testing.T) *sql.Conn {
	t.Helper()
	u, err := url.Parse(os.Getenv("KAREZ_TEST_MYSQL"))
	if err != nil || u.Host == "" {
		t.Fatal("KAREZ_TEST_MYSQL names no MySQL server: `make test` starts one, and so does deploy/mariadb.sh")
	}
	cfg := mysql.NewConfig()
	cfg.User, cfg.Net, cfg.Addr = u.User.Username(), "tcp", u.Host
	cfg.Passwd, _ = u.User.Password()
	db, err := sql.Open("mysql", cfg.FormatDSN())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	c, err := db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	for _, s := range []string{"SET NAMES utf8mb4 COLLATE utf8mb4_general_ci", "SET time_zone='+08:00'"} {
		if _, err := c.ExecContext(t.Context(), s); err != nil {
			t.Fatal(err)
		}
	}
	return c
}

// TestEqualToAServer compares each expression over generated documents.
func TestEqualToAServer(t *testing.T) {
	t.Parallel()
	server := open(t)
	all := rows(1)
	compared, equal, shorter := 0, 0, 0
	for _, template := range templates {
		parts, names := pieces(template)
		e, err := function.Compile(parts, time.FixedZone("", 8*3600))
		if err != nil {
			t.Errorf("%s: %v", template, err)
			continue
		}
		for _, r := range all {
			var want sql.NullString
			query := pasted(template, r)
			if err := server.QueryRowContext(t.Context(), "SELECT "+query).Scan(&want); err != nil {
				t.Errorf("%s: the server says %v", query, err)
				continue
			}
			compared++
			result, err := e.Eval(inputs{r, names}, time.Unix(1717214400, 0))
			got := result.Append(nil)
			if err != nil {
				t.Errorf("%s: %v, the server gives %v", query, err, want)
				continue
			}
			switch {
			case same(item.Of(got), want):
				equal++
			case padded(item.Of(got), want.String):
				shorter++
			default:
				t.Errorf("%s gives %s, the server %q (null %v)", query, got, want.String, !want.Valid)
			}
		}
	}
	t.Logf("%d compared, %d equal, %d equal but for zeros at the end", compared, equal, shorter)
}

// padded tells whether the server's decimal is the same with zeros at the end.
func padded(got item.Value, want string) bool {
	text := string(got.Raw())
	if !strings.Contains(text, ".") {
		text += "."
	}
	return got.Kind() == item.Number && strings.HasPrefix(want, text) && strings.Trim(want[len(text):], "0") == ""
}

// same compares a result with the server's text of it. A float's digits after the 12th don't count.
func same(got item.Value, want sql.NullString) bool {
	if !want.Valid || got.Kind() == item.Null {
		return !want.Valid && got.Kind() == item.Null
	}
	if got.Text() == want.String {
		return true
	}
	a, err1 := strconv.ParseFloat(got.Text(), 64)
	b, err2 := strconv.ParseFloat(want.String, 64)
	return got.Kind() == item.Number && err1 == nil && err2 == nil && strings.ContainsAny(want.String, "e.") && isFloat(got.Text(), want.String) && abs(a-b) <= 1e-12*abs(b)
}

// isFloat tells a float's text from a decimal's, whose digits must all be the same.
func isFloat(got, want string) bool {
	return len(strings.Trim(want, "-0123456789.")) > 0 || len(got) >= 16 || len(want) >= 16
}

func abs(f float64) float64 {
	if f < 0 {
		return -f
	}
	return f
}
