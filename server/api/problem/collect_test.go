package problem_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const (
	module = "github.com/karezflow/karez/"
	// vendor stands before the codes of what a connector's system answers.
	vendor = "vendor."
)

// site is one place of the source that says a code.
type site struct {
	code, place string
	// args names what the fault carries; it is nil where a code stands without a fault.
	args map[string]bool
	// hint is the format of the English hint.
	hint string
	// declared is true of a constant: where it is used it may carry arguments.
	declared bool
}

// maker is a function whose caller gives the code of a fault.
type maker struct {
	code   int             // the place of the code among the parameters
	prefix string          // what the function puts before it
	rest   int             // the place of the format's first argument, or -1
	pairs  int             // the place of the first of the pairs of name and value, or -1
	bare   bool            // no fault is made: the code stands alone
	args   map[string]bool // what the function itself adds
}

// name is a function or constant by its package's folder.
type name struct{ dir, ident string }

// source is the parsed tree of the product.
type source struct {
	files  *token.FileSet
	units  []unit
	consts map[name]ast.Expr
	makers map[name]maker
	given  map[name]bool // makers that are declared here rather than found
	code   *regexp.Regexp
	sites  []site
	opaque []string // places whose code is not a constant
}

type unit struct {
	dir     string
	file    *ast.File
	imports map[string]string // folder by the name used in the file
}

// collect gives every code that the product's source says below root.
func collect(t *testing.T, root string) *source {
	t.Helper()
	s := &source{
		files: token.NewFileSet(), consts: map[name]ast.Expr{}, given: map[name]bool{},
		code: regexp.MustCompile(`^[a-z][a-z0-9_]*(\.[a-z0-9_]+)+$`),
		makers: map[name]maker{
			{"sdk/fault", "New"}:     {code: 0, rest: 2, pairs: -1},
			{"sdk/fault", "Wrap"}:    {code: 1, rest: 3, pairs: -1},
			{"engine/flow", "block"}: {code: 1, rest: -1, pairs: 3},
			{"engine/flow", "warn"}:  {code: 1, rest: -1, pairs: 3},
			// A script's error carries its code through the interpreter to where the fault is made.
			{"engine/script/internal/jsvm", "coded"}: {code: 0, rest: -1, pairs: 2, args: map[string]bool{"line": true, "column": true, "message": true}},
			{"engine/script/internal/jsvm", "at"}:    {code: 1, rest: -1, pairs: -1, args: map[string]bool{"line": true, "column": true, "message": true}},
		},
	}
	for n := range s.makers {
		s.given[n] = true
	}
	for _, top := range []string{"server", "engine", "sdk", "nodes", "plugins"} {
		s.parse(t, root, top)
	}
	for again := true; again; { // a maker may be found behind the one that calls it
		before := len(s.makers)
		s.sites, s.opaque = nil, nil
		for _, u := range s.units {
			(&reader{source: s, unit: u}).read()
		}
		again = len(s.makers) > before
	}
	return s
}

func (s *source) parse(t *testing.T, root, top string) {
	t.Helper()
	err := filepath.WalkDir(filepath.Join(root, top), func(full string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		// What a new connector begins with says its codes elsewhere.
		case d.IsDir() && (d.Name() == "skeleton" || d.Name() == "testdata" || strings.HasSuffix(d.Name(), "test") || strings.HasPrefix(d.Name(), "test")):
			return fs.SkipDir
		case d.IsDir(), filepath.Ext(full) != ".go", strings.HasSuffix(full, "_test.go"):
			return nil
		}
		file, err := parser.ParseFile(s.files, full, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, filepath.Dir(full))
		if err != nil {
			return err
		}
		u := unit{filepath.ToSlash(rel), file, map[string]string{}}
		for _, spec := range file.Imports {
			imported, _ := strconv.Unquote(spec.Path.Value)
			called := path.Base(imported)
			if spec.Name != nil {
				called = spec.Name.Name
			}
			if dir, ours := strings.CutPrefix(imported, module); ours {
				u.imports[called] = dir
			}
		}
		s.units = append(s.units, u)
		s.declare(u)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// declare notes the constants of a file.
func (s *source) declare(u unit) {
	for _, d := range u.file.Decls {
		g, ok := d.(*ast.GenDecl)
		if !ok || g.Tok != token.CONST {
			continue
		}
		for _, spec := range g.Specs {
			v, _ := spec.(*ast.ValueSpec)
			for i, ident := range v.Names {
				if i < len(v.Values) {
					s.consts[name{u.dir, ident.Name}] = v.Values[i]
				}
			}
		}
	}
}

// reader walks one file.
type reader struct {
	*source
	unit

	stack []ast.Node
}

func (r *reader) read() {
	ast.Inspect(r.file, func(n ast.Node) bool {
		if n == nil {
			r.stack = r.stack[:len(r.stack)-1]
			return true
		}
		r.stack = append(r.stack, n)
		switch n := n.(type) {
		case *ast.CallExpr:
			r.call(n)
		case *ast.KeyValueExpr:
			if key, ok := n.Key.(*ast.Ident); ok && key.Name == "Code" {
				r.bare(n.Value, r.owned())
			}
		case *ast.AssignStmt:
			for i, left := range n.Lhs {
				if to, ok := left.(*ast.SelectorExpr); ok && to.Sel.Name == "Code" && len(n.Lhs) == len(n.Rhs) {
					r.bare(n.Rhs[i], "")
				}
			}
		case *ast.ValueSpec: // a constant that is named as a code is one, wherever it is used
			for i, ident := range n.Names {
				if i >= len(n.Values) || !strings.HasPrefix(strings.ToLower(ident.Name), "code") {
					continue
				}
				if code, _ := literal(n.Values[i]); !strings.HasPrefix(code, vendor) {
					r.add(site{code: code, place: r.place(n), declared: true})
				}
			}
		}
		return true
	})
}

// owned gives what the engine puts before the code of the literal around: an
// answer to a row carries the connector's own.
func (r *reader) owned() string {
	literal, _ := r.stack[len(r.stack)-2].(*ast.CompositeLit)
	if t, ok := literal.Type.(*ast.SelectorExpr); ok && t.Sel.Name == "Answer" {
		return vendor
	}
	return ""
}

// bare notes a code that stands without a fault.
func (r *reader) bare(e ast.Expr, prefix string) {
	v := r.resolve(e, 0)
	if v.param != nil && prefix != "" {
		r.found(v.owner, maker{code: v.index, prefix: prefix + v.prefix, rest: -1, pairs: -1, bare: true})
	}
	for _, code := range v.codes {
		r.add(site{code: prefix + code, place: r.place(e)})
	}
}

func (r *reader) add(found site) {
	if r.code.MatchString(found.code) {
		r.sites = append(r.sites, found)
	}
}

func (r *reader) place(n ast.Node) string {
	at := r.files.Position(n.Pos())
	return r.dir + "/" + filepath.Base(at.Filename) + ":" + strconv.Itoa(at.Line)
}

func (r *reader) called(c *ast.CallExpr) (maker, bool) {
	switch f := c.Fun.(type) {
	case *ast.Ident:
		m, ok := r.makers[name{r.dir, f.Name}]
		return m, ok
	case *ast.SelectorExpr:
		if x, ok := f.X.(*ast.Ident); ok && r.imports[x.Name] != "" {
			m, ok := r.makers[name{r.imports[x.Name], f.Sel.Name}]
			return m, ok
		}
		if m, ok := r.makers[name{"", f.Sel.Name}]; ok {
			return m, true
		}
		m, ok := r.makers[name{r.dir, f.Sel.Name}]
		return m, ok && r.dir != "sdk/fault"
	}
	return maker{}, false
}

// call reads the call of a maker: it says codes, or it makes its caller a maker.
func (r *reader) call(c *ast.CallExpr) {
	m, ok := r.called(c)
	if !ok || len(c.Args) <= m.code {
		return
	}
	args, hint := r.chain()
	maps.Copy(args, m.args)
	if m.rest >= 0 && !c.Ellipsis.IsValid() {
		for i := range c.Args[min(m.rest, len(c.Args)):] {
			args[strconv.Itoa(i)] = true
		}
	}
	for i := m.pairs; i >= 0 && i < len(c.Args); i += 2 {
		if text, ok := literal(c.Args[i]); ok {
			args[text] = true
		}
	}
	if m.bare {
		args = nil
	}
	v := r.resolve(c.Args[m.code], 0)
	if len(v.codes) == 0 && v.param == nil && !v.carried && v.prefix != vendor {
		r.opaque = append(r.opaque, r.place(c))
	}
	if m.rest > 0 && m.rest < len(c.Args) && v.param == nil && strings.HasPrefix(strings.Join(v.codes, ""), vendor) {
		if text, ok := literal(c.Args[m.rest-1]); ok && text == "%s" {
			return // the vendor's own words
		}
	}
	for _, code := range v.codes {
		r.add(site{code: m.prefix + code, place: r.place(c), args: args, hint: hint})
	}
	if v.param != nil {
		made := maker{code: v.index, prefix: m.prefix + v.prefix, rest: -1, pairs: -1, bare: m.bare, args: args}
		if c.Ellipsis.IsValid() {
			made.rest = indexOf(v.param, c.Args[len(c.Args)-1])
		}
		r.found(v.owner, made)
	}
}

// found notes a maker; one that makes faults in two ways promises what both carry.
func (r *reader) found(ident string, m maker) {
	n := name{r.dir, ident}
	if ident == "" || r.given[n] {
		return
	}
	if old, ok := r.makers[n]; ok && m.args != nil {
		m.args = maps.Clone(m.args)
		maps.DeleteFunc(m.args, func(arg string, _ bool) bool { return !old.args[arg] })
	}
	r.makers[n] = m
}

// chain gives the named arguments and the hint that the methods called on a new fault add.
func (r *reader) chain() (args map[string]bool, hint string) {
	args = map[string]bool{}
	for i := len(r.stack) - 1; i >= 2; i -= 2 {
		member, ok := r.stack[i-1].(*ast.SelectorExpr)
		if !ok || member.X != r.stack[i] {
			break
		}
		if member.Sel.Name == "Hint" {
			if set, ok := r.stack[i-2].(*ast.AssignStmt); ok {
				if text, ok := literal(set.Rhs[0]); ok {
					hint = text
				}
			}
			break
		}
		c, ok := r.stack[i-2].(*ast.CallExpr)
		if !ok || c.Fun != member {
			break
		}
		if len(c.Args) == 0 {
			continue
		}
		text, plain := literal(c.Args[0])
		switch {
		case !plain:
		case member.Sel.Name == "Arg":
			args[text] = true
		case member.Sel.Name == "Hinted":
			for at := range c.Args[1:] {
				args["hint"+strconv.Itoa(at)] = true
			}
			hint = text
		}
	}
	return args, hint
}

// value is what is known of an expression that gives a code.
type value struct {
	codes   []string
	prefix  string // what stands before a part that is not known
	carried bool   // the code of another fault
	// param is the function whose parameter it is, owner its name, index the parameter's place.
	param *ast.FuncType
	owner string
	index int
}

func (r *reader) resolve(e ast.Expr, depth int) value {
	if depth > 8 {
		return value{}
	}
	switch e := e.(type) {
	case *ast.BasicLit:
		text, ok := literal(e)
		if !ok {
			return value{}
		}
		return value{codes: []string{text}}
	case *ast.ParenExpr:
		return r.resolve(e.X, depth+1)
	case *ast.BinaryExpr:
		left, right := r.resolve(e.X, depth+1), r.resolve(e.Y, depth+1)
		if e.Op != token.ADD || len(left.codes) != 1 {
			return value{}
		}
		for i := range right.codes {
			right.codes[i] = left.codes[0] + right.codes[i]
		}
		right.prefix = left.codes[0] + right.prefix
		return right
	case *ast.SelectorExpr:
		if x, ok := e.X.(*ast.Ident); ok && r.imports[x.Name] != "" {
			return r.constant(name{r.imports[x.Name], e.Sel.Name})
		}
		return value{carried: e.Sel.Name == "Code" || e.Sel.Name == "code"}
	case *ast.IndexExpr:
		return value{carried: true}
	case *ast.Ident:
		if v, ok := r.parameter(e.Name); ok {
			return v
		}
		if v := r.local(e.Name, depth); v.carried || len(v.codes) > 0 {
			return v
		}
		return r.constant(name{r.dir, e.Name})
	}
	return value{}
}

func (r *reader) constant(n name) value {
	if text, ok := literal(r.consts[n]); ok {
		return value{codes: []string{text}}
	}
	return value{}
}

// parameter finds the innermost function around that has the parameter.
func (r *reader) parameter(ident string) (value, bool) {
	for i, n := range slices.Backward(r.stack) {
		v := value{index: -1}
		switch n := n.(type) {
		case *ast.FuncDecl:
			v.param, v.owner = n.Type, n.Name.Name
		case *ast.FuncLit:
			v.param = n.Type
			if set, ok := r.stack[i-1].(*ast.AssignStmt); ok && len(set.Lhs) == 1 {
				if to, ok := set.Lhs[0].(*ast.Ident); ok {
					v.owner = to.Name
				}
			}
		default:
			continue
		}
		if v.index = indexOf(v.param, ast.NewIdent(ident)); v.index >= 0 {
			return v, true
		}
	}
	return value{}, false
}

// local gathers what the function around assigns to a variable.
func (r *reader) local(ident string, depth int) value {
	var v value
	for _, n := range r.stack {
		d, ok := n.(*ast.FuncDecl)
		if !ok {
			continue
		}
		ast.Inspect(d, func(n ast.Node) bool {
			set, ok := n.(*ast.AssignStmt)
			if !ok || len(set.Lhs) != len(set.Rhs) {
				return true
			}
			for i, left := range set.Lhs {
				if to, ok := left.(*ast.Ident); ok && to.Name == ident {
					one := r.resolve(set.Rhs[i], depth+1)
					v.codes, v.carried = append(v.codes, one.codes...), v.carried || one.carried
				}
			}
			return true
		})
	}
	return v
}

// indexOf gives the place of the parameter that an expression names, or -1.
func indexOf(f *ast.FuncType, e ast.Expr) int {
	ident, ok := e.(*ast.Ident)
	if !ok {
		return -1
	}
	at := 0
	for _, group := range f.Params.List {
		for _, p := range group.Names {
			if p.Name == ident.Name {
				return at
			}
			at++
		}
	}
	return -1
}

func literal(e ast.Expr) (string, bool) {
	switch e := e.(type) {
	case *ast.BasicLit:
		if e.Kind == token.STRING {
			text, err := strconv.Unquote(e.Value)
			return text, err == nil
		}
	case *ast.BinaryExpr:
		left, ok1 := literal(e.X)
		right, ok2 := literal(e.Y)
		return left + right, ok1 && ok2 && e.Op == token.ADD
	}
	return "", false
}
