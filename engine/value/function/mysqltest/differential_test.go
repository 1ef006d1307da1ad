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

// list is the value of {{x}} in an aggregate.
type list []item.Value

func (l list) Value(int) (item.Value, error) { return item.Value{}, nil }

func (l list) Each(_ int, yield func(item.Value) error) error {
	for _, v := range l {
		if err := yield(v); err != nil {
			return err
		}
	}
	return nil
}

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
	for _, s := range []string{"SET NAMES utf8mb4 COLLATE utf8mb4_general_ci", "SET time_zone='+08:00'", "SET timestamp=1717214400"} {
		if _, err := c.ExecContext(t.Context(), s); err != nil {
			t.Fatal(err)
		}
	}
	return c
}

// zone is that of the flow and of the server, and now is what both take for it.
var (
	zone = time.FixedZone("", 8*3600)
	now  = time.Unix(1717214400, 0)
)

// counts is how many results were compared, and how many of them were equal.
type counts struct{ compared, equal int }

// compare evaluates an expression on both sides, and gives what differs or "".
func (n *counts) compare(t *testing.T, server *sql.Conn, e *function.Expr, in function.Inputs, query string) string {
	t.Helper()
	n.compared++
	var want sql.NullString
	asked := server.QueryRowContext(t.Context(), query).Scan(&want)
	result, err := e.Eval(in, now)
	switch got := result.Append(nil); {
	case asked != nil && err != nil:
	case asked != nil || err != nil:
		return fmt.Sprintf("%s: %v, the server %v", query, err, asked)
	case !same(item.Of(got), want):
		return fmt.Sprintf("%s gives %s, the server %q (null %v)", query, got, want.String, !want.Valid)
	}
	n.equal++
	return ""
}

func compiled(t *testing.T, template string) (*function.Expr, []string) {
	t.Helper()
	parts, names := pieces(template)
	e, err := function.Compile(parts, zone)
	if err != nil {
		t.Fatalf("%s: %v", template, err)
	}
	return e, names
}

// TestEqualToAServer compares each expression over generated documents.
func TestEqualToAServer(t *testing.T) {
	t.Parallel()
	server := open(t)
	var n counts
	for _, template := range templates {
		e, names := compiled(t, template)
		for _, r := range rows(1) {
			if diff := n.compare(t, server, e, inputs{r, names}, "SELECT "+pasted(template, r)); diff != "" {
				t.Error(diff)
			}
		}
	}
	t.Logf("%d expressions, %d results compared, %d equal, %d different", len(templates), n.compared, n.equal, n.compared-n.equal)
}

// TestKnownDifferences keeps the list of differences true: each of them is one.
func TestKnownDifferences(t *testing.T) {
	t.Parallel()
	server := open(t)
	for template, rule := range differing {
		var n counts
		e, names := compiled(t, template)
		for _, r := range rows(1) {
			n.compare(t, server, e, inputs{r, names}, "SELECT "+pasted(template, r))
		}
		t.Logf("%s: %d of %d different: %s", template, n.compared-n.equal, n.compared, rule)
		if n.compared == n.equal {
			t.Errorf("%s is equal: it belongs to the other list", template)
		}
	}
}

// TestLinesEqualToAServer compares aggregates over lists with the same over a table.
func TestLinesEqualToAServer(t *testing.T) {
	t.Parallel()
	server := open(t)
	var n counts
	for _, c := range []struct {
		templates []string
		values    []string
	}{
		{lines, []string{"1", "20", "3"}},
		{lines, []string{"1.5", "20.25", "-3.125", "1.5"}},
		{lines, []string{"10", "2.50", "NULL", "9.9"}},
		{lines, []string{"0.1", "0.2", "0.7"}},
		{lines, []string{"12345678901234567890.123456", "0.000001"}},
		{lines, []string{"NULL"}},
		{lines, []string{"7"}},
		{textLines, []string{"1", "3", "2"}},
		{textLines, []string{"'b'", "'A'", "'c'", "'a'"}},
		{textLines, []string{"'é'", "'e'", "'E'", "'f'", "NULL"}},
		{textLines, []string{"'中文'", "'abc'", "'🙂'", "'abc '"}},
		{textLines, []string{"'x10'", "'x9'", "'007'", "'B2'"}},
	} {
		var values list
		for _, v := range c.values {
			raw := []byte(strings.ToLower(v))
			if v[0] == '\'' {
				raw = item.AppendText(nil, strings.Trim(v, "'"))
			}
			values = append(values, item.Of(raw))
		}
		table := " FROM (SELECT " + strings.Join(c.values, " AS x UNION ALL SELECT ") + " AS x) AS t"
		for _, template := range c.templates {
			e, _ := compiled(t, template)
			if diff := n.compare(t, server, e, values, "SELECT "+strings.ReplaceAll(template, "{{x}}", "x")+table); diff != "" {
				t.Error(diff)
			}
		}
	}
	t.Logf("%d results compared, %d equal, %d different", n.compared, n.equal, n.compared-n.equal)
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
