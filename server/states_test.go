package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// rooms are the functions that may write the state of a document, a revision or a delivery.
// Each goes by the table of moves: it asks the table itself, or it is called only by
// functions of its package that do, or it writes what a plan of engine/ledger/rules says.
// Another place is a decision made here.
func rooms() map[string]string {
	const moves, planned, names = "moves", "planned", "names a table"
	return map[string]string{
		"server/store/ledgerrow.documentTable":   names,
		"server/store/ledgerrow.InsertDocuments": moves,
		"server/store/ledgerrow.PutDocuments":    moves,
		"server/store/ledgerrow.settleRows":      moves,
		"server/store/ledgerrow.settleEach":      moves,
		"server/store/ledgerrow.PutRevisions":    planned,
		"server/store/ledgerstore.deliveryTable": names,
		"server/store/ledgerstore.keptTable":     names,
		"server/store/ledgerstore.answeredTable": names,
		"server/store/ledgerstore.run":           planned, // intents, by rules.Intend
		"server/store/ledgerstore.putChanged":    planned, // outcomes, by rules.Resolve
		"server/store/documentstore.document":    moves,
		"server/store/documentstore.put":         planned,
		"server/store/documentstore.deliveries":  planned, // by rules.PlanRepair
	}
}

// TestStatesAreWrittenInTheirRooms: whoever writes a state past the table of moves could
// lose a document, or send one twice.
func TestStatesAreWrittenInTheirRooms(t *testing.T) {
	t.Parallel()
	allowed, used := rooms(), map[string]bool{}
	for _, w := range stateWrites(t, "..", "server") {
		used[w.room] = true
		switch how, ok := allowed[w.room]; {
		case !ok:
			t.Errorf("%s: %s writes a state (%s) and is no room where that is done", w.file, w.room, w.how)
		case how == "moves" && !w.asks:
			t.Errorf("%s: %s writes a state (%s) and nobody asks the table of moves before", w.file, w.room, w.how)
		}
	}
	for room := range allowed {
		if !used[room] {
			t.Errorf("%s writes no state any more: remove it from the rooms", room)
		}
	}
}

// TestStatesAreWrittenInTheirRoomsSees plants writes in a tree of its own.
func TestStatesAreWrittenInTheirRoomsSees(t *testing.T) {
	t.Parallel()
	const sneaks = "server/store/x.sneak"
	for name, c := range map[string]struct{ body, want string }{
		"a statement":              {`tx.Exec("UPDATE document SET state = ?, updated_at = ? WHERE id = ?")`, sneaks},
		"one that is put together": {`tx.Exec("UPDATE delivery SET attempt = ?,"+" state = ? WHERE document_id = ?")`, sneaks},
		"one with an open end":     {`sql.WriteString("UPDATE document SET updated_at = ?")`, sneaks},
		"one with a gap":           {`tx.Exec("UPDATE delivery SET " + columns + " WHERE document_id = ?")`, sneaks},
		"lower case":               {`tx.Exec("update revision set state=? where document_id=?")`, sneaks},
		"an alias":                 {`tx.Exec("UPDATE document d SET d.state = ? WHERE d.id = ?")`, sneaks},
		"a join":                   {`tx.Exec("UPDATE document d JOIN work w ON w.id = d.work_id SET d.state = ? WHERE w.id = ?")`, sneaks},
		"a whole row":              {`tx.Exec("REPLACE INTO delivery (document_id) VALUES (?)")`, sneaks},
		"a new row":                {`tx.Exec("INSERT INTO document (id) VALUES (?)")`, sneaks},
		"a table":                  {`put(store.Table{Name: "delivery"})`, sneaks},
		"a table by a function":    {`put(ledgerrow.Table("document", "id", columns))`, sneaks},
		"a table that is known":    {`put(deliveryTable())`, sneaks},
		"through the library":      {`tx.Table("document").Update("state", 3)`, sneaks},
		"another column":           {`tx.Exec("UPDATE document SET version_id = ? WHERE state = ?")`, ""},
		"another table":            {`tx.Exec("UPDATE pull_window SET state = ? WHERE id = ?")`, ""},
		"a look":                   {`tx.Raw("SELECT state FROM document WHERE id = ?")`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			root := t.TempDir()
			dir := filepath.Join(root, "server", "store", "x")
			if err := os.MkdirAll(dir, 0o750); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(dir, "x.go"), []byte("package x\n\nfunc sneak() {\n\t"+c.body+"\n}\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			var got string
			for _, w := range stateWrites(t, root, "server") {
				got = w.room
			}
			if got != c.want {
				t.Errorf("found %q, want %q", got, c.want)
			}
		})
	}
}

// write is a place that writes a state. asks says that the table of moves is asked before.
type write struct {
	room, file, how string
	asks            bool
}

// stateWrites gives every function below a folder that writes a state, tests left out.
func stateWrites(t *testing.T, root, below string) []write {
	t.Helper()
	var found []write
	byFolder := map[string][]*ast.File{}
	files := token.NewFileSet()
	err := filepath.WalkDir(filepath.Join(root, below), func(file string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && skipped(d.Name()):
			return fs.SkipDir
		case d.IsDir(), filepath.Ext(file) != ".go", strings.HasSuffix(file, "_test.go"):
			return nil
		}
		parsed, err := parser.ParseFile(files, file, nil, 0)
		byFolder[filepath.Dir(file)] = append(byFolder[filepath.Dir(file)], parsed)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for dir, parsed := range byFolder {
		pkg, err := filepath.Rel(root, dir)
		if err != nil {
			t.Fatal(err)
		}
		calls := functions(parsed)
		for name, f := range calls {
			if how := f.writes(); how != "" {
				found = append(found, write{filepath.ToSlash(pkg) + "." + name, files.Position(f.pos).Filename, how, asked(calls, name, nil)})
			}
		}
	}
	return found
}

// function is what a function says and calls; methods of one name count as one.
type function struct {
	pos   token.Pos
	texts []string
	// calls are the names of what it calls, asks says that it asks the table of moves.
	calls map[string]bool
	asks  bool
}

func functions(parsed []*ast.File) map[string]*function {
	all := map[string]*function{}
	for _, file := range parsed {
		for _, d := range file.Decls {
			name, pos := "(declarations)", d.Pos()
			if f, ok := d.(*ast.FuncDecl); ok {
				name = f.Name.Name
			}
			if all[name] == nil {
				all[name] = &function{pos: pos, calls: map[string]bool{}}
			}
			all[name].read(d)
		}
	}
	return all
}

func (f *function) read(d ast.Decl) {
	ast.Inspect(d, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.BinaryExpr:
			f.texts = append(f.texts, folded(n))
			return true
		case *ast.BasicLit:
			f.texts = append(f.texts, folded(n))
		case *ast.CallExpr:
			switch to := n.Fun.(type) {
			case *ast.Ident:
				f.calls[to.Name] = true
			case *ast.SelectorExpr:
				f.calls[to.Sel.Name] = true
				if of, ok := to.X.(*ast.Ident); ok && of.Name == "moves" {
					f.asks = true
				}
				if to.Sel.Name == "Table" && len(n.Args) > 0 {
					f.texts = append(f.texts, "table "+folded(n.Args[0]))
				}
			}
			if to, ok := n.Fun.(*ast.Ident); ok && to.Name == "Table" && len(n.Args) > 0 {
				f.texts = append(f.texts, "table "+folded(n.Args[0]))
			}
		case *ast.KeyValueExpr:
			if key, ok := n.Key.(*ast.Ident); ok && key.Name == "Name" {
				f.texts = append(f.texts, "table "+folded(n.Value))
			}
		}
		return true
	})
}

// gap stands for what a text has that is no constant.
const gap = "…"

// folded gives a text that is put together, with gaps.
func folded(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.BasicLit:
		if text, err := strconv.Unquote(e.Value); err == nil && e.Kind == token.STRING {
			return text
		}
	case *ast.BinaryExpr:
		return folded(e.X) + folded(e.Y)
	case *ast.ParenExpr:
		return folded(e.X)
	}
	return gap
}

// writes tells how a function writes a state, "" where it does not.
func (f *function) writes() string {
	const tables = `(?:document|delivery|revision)`
	whole := regexp.MustCompile(`(?i)^table ` + tables + `$|\b(?:INSERT|REPLACE)\s+(?:OR\s+\w+\s+|IGNORE\s+)?INTO\s+` + tables + `\b`)
	update := regexp.MustCompile(`(?is)\bUPDATE\s+` + tables + `\b(.*)`)
	set := regexp.MustCompile(`(?is)\bSET\b(.*?)(?:\bWHERE\b|$)`)
	state := regexp.MustCompile(`(?i)\bstate\s*=`)
	for _, known := range []string{"documentTable", "deliveryTable", "keptTable", "answeredTable"} {
		if f.calls[known] {
			return known
		}
	}
	var parts []string
	for _, text := range f.texts {
		if whole.MatchString(text) {
			return text
		}
		m := update.FindStringSubmatch(text)
		if m == nil {
			continue
		}
		written := set.FindStringSubmatch(m[1])
		switch {
		case written == nil, state.MatchString(written[1]), strings.Contains(written[1], gap):
			return text
		case !strings.Contains(strings.ToUpper(m[1]), "WHERE"):
			parts = append(parts, text) // the beginning of a longer text, or one with an open end
		}
	}
	for _, part := range parts {
		if !slices.ContainsFunc(f.texts, func(text string) bool { return len(text) > len(part) && strings.HasPrefix(text, part) }) {
			return part
		}
	}
	return ""
}

// asked reports whether a function, or every function of its package that calls it, asks
// the table of moves.
func asked(all map[string]*function, name string, on []string) bool {
	if all[name].asks {
		return true
	}
	callers := 0
	for caller, f := range all {
		if !f.calls[name] || caller == name || slices.Contains(on, caller) {
			continue
		}
		if callers++; !asked(all, caller, append(on, name)) {
			return false
		}
	}
	return callers > 0
}
