package statement_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/karezflow/karez/plugins/sql/internal/statement"
	"github.com/karezflow/karez/plugins/sql/internal/values"
	"github.com/karezflow/karez/sdk/fault"
)

func TestParse(t *testing.T) {
	t.Parallel()
	const my, pg = values.MySQL, values.Postgres
	for name, c := range map[string]struct {
		dialect values.Dialect
		text    string
		want    string // what is sent, or the code of the refusal
		args    []any
	}{
		"values":                         {my, "SELECT * FROM t WHERE a = :a AND b = :b_2 OR a > :a;", "SELECT * FROM t WHERE a = ? AND b = ? OR a > ?", []any{"<a>", "<b_2>", "<a>"}},
		"values are numbered":            {pg, "select :a, :b", "select $1, $2", []any{"<a>", "<b>"}},
		"a list":                         {my, "SELECT 1 WHERE a IN (:list)", "SELECT 1 WHERE a IN (?, ?)", []any{"x", "y"}},
		"an empty list":                  {pg, "SELECT 1 WHERE a IN (:none)", "SELECT 1 WHERE a IN (NULL)", nil},
		"a name in a language":           {my, "SELECT :店铺", "SELECT ?", []any{"<店铺>"}},
		"texts hold no names":            {my, `SELECT ':a', "b:b", 'it''s :c', 'x\':d', ` + "`:e```", `SELECT ':a', "b:b", 'it''s :c', 'x\':d', ` + "`:e```", nil},
		"a backslash is a letter":        {pg, `SELECT '\', :a`, `SELECT '\', $1`, []any{"<a>"}},
		"a backslash escapes behind E":   {pg, `SELECT E'\':x', :a`, `SELECT E'\':x', $1`, []any{"<a>"}},
		"a name that ends in e":          {pg, `SELECT 1 AS e WHERE mine'\' = :a`, `SELECT 1 AS e WHERE mine'\' = $1`, []any{"<a>"}},
		"a quoted name":                  {pg, `SELECT "a "":b" FROM t`, `SELECT "a "":b" FROM t`, nil},
		"a cast is no value":             {pg, "SELECT a::text, :b::int", "SELECT a::text, $1::int", []any{"<b>"}},
		"a slice":                        {pg, "SELECT a[1:2]", "SELECT a[1:2]", nil},
		"an operator with ?":             {pg, "SELECT a ? 'x'", "SELECT a ? 'x'", nil},
		"text between dollars":           {pg, "SELECT $$ :a ; $$, $q$ $$ :b $q$, :c", "SELECT $$ :a ; $$, $q$ $$ :b $q$, $1", []any{"<c>"}},
		"a dollar in a name":             {pg, "SELECT a$b, :c", "SELECT a$b, $1", []any{"<c>"}},
		"comments":                       {my, "SELECT 1 -- :a ; x\n, 2 # :b\n, 3 /* :c ; */, :d", "SELECT 1 \n, 2 \n, 3  , ?", []any{"<d>"}},
		"comments within comments":       {pg, "SELECT /* a /* :b */ :c */ 1", "SELECT   1", nil},
		"no comments within comments":    {my, "SELECT /* a /* b */ :c", "SELECT   ?", []any{"<c>"}},
		"# is an operator":               {pg, "SELECT 1 # 2", "SELECT 1 # 2", nil},
		"-- without a blank":             {my, "SELECT 1--1", "SELECT 1--1", nil},
		"-- needs no blank":              {pg, "SELECT 1--1", "SELECT 1", nil},
		"a comment behind the end":       {my, "SELECT 1; -- done", "SELECT 1", nil},
		"WITH":                           {pg, "WITH x AS (SELECT 1) SELECT * FROM x", "WITH x AS (SELECT 1) SELECT * FROM x", nil},
		"in parentheses":                 {my, "((SELECT 1))", "((SELECT 1))", nil},
		"nothing":                        {my, "  ", "sql.statement_empty", nil},
		"a comment only":                 {my, "-- SELECT", "sql.statement_empty", nil},
		"two statements":                 {my, "SELECT 1; DROP TABLE t", "sql.statement_several", nil},
		"two statements behind a text":   {pg, "SELECT '\\'; DROP TABLE t; --'", "sql.statement_several", nil},
		"no SELECT":                      {my, "DELETE FROM t", "sql.statement_not_select", nil},
		"SELECTED":                       {my, "SELECTED 1", "sql.statement_not_select", nil},
		"out of the parentheses":         {my, "SELECT 1) AS x; DROP TABLE t; SELECT (1", "sql.statement_unclosed", nil},
		"out of the parentheses in all":  {my, "SELECT 1) AS x, (SELECT 2", "sql.statement_unclosed", nil},
		"an open parenthesis":            {my, "SELECT (1", "sql.statement_unclosed", nil},
		"an open text":                   {my, "SELECT 'a", "sql.statement_unclosed", nil},
		"an open text behind an escape":  {my, `SELECT 'a\'`, "sql.statement_unclosed", nil},
		"an open comment":                {pg, "SELECT /* /* */ 1", "sql.statement_unclosed", nil},
		"open dollars":                   {pg, "SELECT $a$ x", "sql.statement_unclosed", nil},
		"a comment that is carried out":  {my, "SELECT 1 /*!50000 INTO OUTFILE '/tmp/x' */", "sql.statement_comment", nil},
		"one that MariaDB carries out":   {my, "SELECT 1 /*M! , 2 */", "sql.statement_comment", nil},
		"a placeholder":                  {my, "SELECT ?", "sql.statement_placeholder", nil},
		"a numbered placeholder":         {pg, "SELECT $1", "sql.statement_placeholder", nil},
		"too long":                       {my, "SELECT '" + strings.Repeat("x", statement.MaxText) + "'", "sql.statement_too_long", nil},
		"a comment does not join words":  {my, "SELECT/**/1", "SELECT 1", nil},
		"what MySQL takes for a comment": {pg, "SELECT 1 /*! 2 */", "SELECT 1  ", nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, err := statement.Parse(c.text, c.dialect)
			if err != nil {
				f := fault.From(err)
				if f.Code != c.want || f.Class != fault.Config || f.Path != "sql" {
					t.Errorf("refused with %v, want %q", err, c.want)
				}
				return
			}
			q := &values.Query{Dialect: c.dialect}
			err = s.Append(q, func(name string) ([]any, error) {
				switch name {
				case "list":
					return []any{"x", "y"}, nil
				case "none":
					return nil, nil
				default:
					return []any{"<" + name + ">"}, nil
				}
			})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(strings.TrimRight(c.want, " "), strings.TrimRight(q.SQL(), " ")); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(c.args, q.Args()); diff != "" {
				t.Error(diff)
			}
			for _, name := range s.Names() {
				if !s.Uses(name) {
					t.Errorf("%s is not used", name)
				}
			}
		})
	}
}

func TestAppendPassesRefusalsOn(t *testing.T) {
	t.Parallel()
	s, err := statement.Parse("SELECT :a", values.MySQL)
	if err != nil || !slices.Equal(s.Names(), []string{"a"}) || s.Uses("b") {
		t.Fatal(s, err)
	}
	want := fault.New("x.y", "no")
	if err := s.Append(&values.Query{Dialect: values.MySQL}, func(string) ([]any, error) { return nil, want }); fault.CodeOf(err) != "x.y" {
		t.Error(err)
	}
}

// FuzzParse: whatever is typed, what passes has its parentheses closed and no semicolon
// outside of texts, names and comments.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{"SELECT 1", "SELECT ':a' , :b", "SELECT $$x$$", `SELECT "a""b"`, "SELECT /* */ 1 -- x", "WITH a AS (SELECT 1) SELECT E'\\''", "SELECT 1;;", "SELECT '", "(SELECT", "SELECT `a`"} {
		f.Add(seed, true)
		f.Add(seed, false)
	}
	f.Fuzz(func(t *testing.T, text string, mysql bool) {
		d := values.Postgres
		if mysql {
			d = values.MySQL
		}
		s, err := statement.Parse(text, d)
		if err != nil {
			if fault.ClassOf(err) != fault.Config || !strings.HasPrefix(fault.CodeOf(err), "sql.statement_") {
				t.Fatal(err)
			}
			return
		}
		q := &values.Query{Dialect: d}
		if err := s.Append(q, func(string) ([]any, error) { return []any{1}, nil }); err != nil {
			t.Fatal(err)
		}
		if n := len(q.Args()); n != len(s.Names()) {
			t.Fatalf("%d values for %d names", n, len(s.Names()))
		}
		// What was written is read as the same again, apart from its placeholders.
		if len(s.Names()) == 0 {
			if _, err := statement.Parse(q.SQL(), d); err != nil {
				t.Fatalf("%q became %q: %v", text, q.SQL(), err)
			}
		}
	})
}
