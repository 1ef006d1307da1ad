package function

import (
	"strconv"
	"strings"

	querypb "vitess.io/vitess/go/vt/proto/query"
	"vitess.io/vitess/go/vt/sqlparser"
	"vitess.io/vitess/go/vt/vtenv"
	"vitess.io/vitess/go/vt/vtgate/evalengine"

	"github.com/karezflow/karez/engine/value/function/builtin"
	"github.com/karezflow/karez/sdk/fault"
)

// step is a part of an expression that the evaluator lacks. Its result is bound to
// a variable of its own.
type step struct {
	// guards give 1 where the part is reached.
	guards []evalengine.Expr
	part   part
}

// part is what a step computes.
type part interface {
	run(c *call, to *querypb.BindVariable) error
	// skipped binds what stands for the part where it is not reached: typed, because
	// the types of all branches decide the type of the one that is taken.
	skipped(c *call, to *querypb.BindVariable)
}

func (s *step) run(c *call, to *querypb.BindVariable) error {
	for _, g := range s.guards {
		v, err := c.eval(g)
		if err != nil {
			return err
		}
		if v.ToString() != "1" {
			s.part.skipped(c, to)
			return nil
		}
	}
	return s.part.run(c, to)
}

// rewriter replaces what the evaluator lacks by variables, innermost first.
type rewriter struct {
	expr   *Expr
	env    *vtenv.Environment
	guards []sqlparser.Expr
	// agreed are calls that were looked at.
	agreed map[sqlparser.Expr]bool
	fault  *fault.Fault
}

// compile rewrites a part and makes it ready to be evaluated.
func (r *rewriter) compile(e sqlparser.Expr) (evalengine.Expr, *fault.Fault) {
	e = r.rewrite(e)
	if r.fault != nil {
		return nil, r.fault
	}
	return r.translate(e)
}

func (r *rewriter) translate(e sqlparser.Expr) (evalengine.Expr, *fault.Fault) {
	// Constants are not folded: they would be in UTC, and now would be the time of saving.
	x, err := evalengine.Translate(e, &evalengine.Config{Collation: builtin.Collation, Environment: r.env, NoConstantFolding: true})
	if err != nil {
		return nil, unknown(sqlparser.String(e), err)
	}
	return x, nil
}

func unknown(what string, err error) *fault.Fault {
	return fault.New("function.unknown", "%s is not known here", what).Arg("offset", "0").Classed(fault.Config).Because(err).
		Hinted("the reference of the value language lists every function")
}

// rewrite goes through a tree from the outside in; branches get their guards on the way.
func (r *rewriter) rewrite(e sqlparser.Expr) sqlparser.Expr {
	if e == nil || r.fault != nil {
		return e
	}
	e = r.agree(e)
	switch x := e.(type) {
	case *sqlparser.CaseExpr:
		return r.level(r.branches(x))
	case sqlparser.AggrFunc:
		return r.aggregate(x)
	case *sqlparser.CurTimeFuncExpr:
		if changing[x.Name.Lowered()] {
			r.fault = unknown(x.Name.String()+"()", nil)
		}
		return e
	case *sqlparser.FuncExpr:
		if changing[x.Name.Lowered()] {
			r.fault = unknown(x.Name.String()+"()", nil)
			return e
		}
		if e = plain(x); e != x {
			return r.rewrite(e)
		}
		if x.Name.EqualString("if") && len(x.Exprs) == 3 {
			return r.level(r.choice(x))
		}
	default:
	}
	if name, args, ok := lacking(e); ok {
		return r.builtin(name, args)
	}
	// One floor at a time: the children are rewritten here, and what is below them by themselves.
	top := true
	whole := e
	e, _ = sqlparser.SafeRewrite(e, func(sqlparser.SQLNode, sqlparser.SQLNode) bool {
		here := top
		top = false
		return here
	}, func(cursor *sqlparser.Cursor) bool {
		child, ok := cursor.Node().(sqlparser.Expr)
		if _, root := cursor.Parent().(*sqlparser.RootNode); ok && !root {
			cursor.Replace(r.rewrite(child))
		}
		return r.fault == nil
	}).(sqlparser.Expr)
	if x, ok := whole.(*sqlparser.FuncExpr); ok && leveled[x.Name.Lowered()] {
		return r.level(e)
	}
	return e
}

// plain gives what a call stands for where it is another name of something.
func plain(x *sqlparser.FuncExpr) sqlparser.Expr {
	switch name := x.Name.Lowered(); {
	case name == "nvl" && len(x.Exprs) == 2:
		return &sqlparser.FuncExpr{Name: sqlparser.NewIdentifierCI("ifnull"), Exprs: x.Exprs}
	case name == "nvl2" && len(x.Exprs) == 3:
		there := &sqlparser.IsExpr{Left: x.Exprs[0], Right: sqlparser.IsNotNullOp}
		return &sqlparser.FuncExpr{Name: sqlparser.NewIdentifierCI("if"), Exprs: []sqlparser.Expr{there, x.Exprs[1], x.Exprs[2]}}
	default:
		return x
	}
}

// choice is IF(condition, a, b).
func (r *rewriter) choice(x *sqlparser.FuncExpr) sqlparser.Expr {
	x.Exprs[0] = r.rewrite(x.Exprs[0])
	x.Exprs[1] = r.under(&sqlparser.IsExpr{Left: x.Exprs[0], Right: sqlparser.IsTrueOp}, x.Exprs[1])
	x.Exprs[2] = r.under(&sqlparser.IsExpr{Left: x.Exprs[0], Right: sqlparser.IsNotTrueOp}, x.Exprs[2])
	return x
}

// branches are those of CASE: each is reached where its condition holds and none before it does.
func (r *rewriter) branches(x *sqlparser.CaseExpr) sqlparser.Expr {
	x.Expr = r.rewrite(x.Expr)
	depth := len(r.guards)
	for _, w := range x.Whens {
		w.Cond = r.rewrite(w.Cond)
		holds := w.Cond
		if x.Expr != nil {
			holds = &sqlparser.ComparisonExpr{Operator: sqlparser.EqualOp, Left: x.Expr, Right: w.Cond}
		}
		w.Val = r.under(&sqlparser.IsExpr{Left: holds, Right: sqlparser.IsTrueOp}, w.Val)
		r.guards = append(r.guards, &sqlparser.IsExpr{Left: holds, Right: sqlparser.IsNotTrueOp})
	}
	x.Else = r.rewrite(x.Else)
	r.guards = r.guards[:depth]
	return x
}

func (r *rewriter) under(guard, e sqlparser.Expr) sqlparser.Expr {
	r.guards = append(r.guards, guard)
	e = r.rewrite(e)
	r.guards = r.guards[:len(r.guards)-1]
	return e
}

// add makes a step's variable.
func (r *rewriter) add(p part) sqlparser.Expr {
	s := &step{part: p}
	for _, g := range r.guards {
		x, f := r.translate(g)
		if f != nil {
			r.fault = f
			return nil
		}
		s.guards = append(s.guards, x)
	}
	r.expr.steps = append(r.expr.steps, s)
	return sqlparser.NewArgument(stepKey(len(r.expr.steps) - 1))
}

// builtin replaces a call of one of our own functions.
func (r *rewriter) builtin(name string, args []sqlparser.Expr) sqlparser.Expr {
	f, _ := builtin.Find(name)
	if len(args) < f.Least || len(args) > f.Most {
		r.fault = fault.New("function.arguments", "%s takes %d to %d values, not %d", strings.ToUpper(name), f.Least, f.Most, len(args)).
			Arg("offset", "0").Classed(fault.Config)
		return nil
	}
	own := &own{Func: f}
	for _, a := range args {
		a = r.rewrite(a)
		if r.fault != nil {
			return nil
		}
		x, problem := r.translate(a)
		if problem != nil {
			r.fault = problem
			return nil
		}
		own.args = append(own.args, x)
	}
	return r.add(own)
}

// aggregate replaces SUM, COUNT and the like of a placeholder.
func (r *rewriter) aggregate(x sqlparser.AggrFunc) sqlparser.Expr {
	a := &aggregate{kind: x.AggrName()}
	if d, ok := x.(sqlparser.DistinctableAggr); ok {
		a.distinct = d.IsDistinct()
	}
	if joined, ok := x.(*sqlparser.GroupConcatExpr); ok {
		a.separator = r.separator(joined)
		a.distinct = joined.Distinct
	}
	var arg *sqlparser.Argument
	if args := x.GetArgs(); len(args) == 1 {
		arg, _ = args[0].(*sqlparser.Argument)
	}
	if arg != nil {
		a.slot, _ = strconv.Atoi(strings.TrimPrefix(arg.Name, "v"))
	}
	if !a.known() || ordered(x) || arg == nil || !strings.HasPrefix(arg.Name, "v") || r.expr.slots[a.slot].quoted {
		r.fault = fault.New("function.aggregate", "%s works on the values of lines: SUM, AVG, MIN, MAX, COUNT or GROUP_CONCAT of one placeholder without quotes, for example SUM({{items.qty}})", strings.ToUpper(x.AggrName())).
			Arg("offset", "0").Classed(fault.Config)
		return nil
	}
	r.expr.slots[a.slot].within = true
	return r.add(a)
}

// separator is what stands between the texts of GROUP_CONCAT, a comma unless the
// call, where it is a quoted literal, says something else.
func (r *rewriter) separator(x *sqlparser.GroupConcatExpr) string {
	if literal, err := r.env.Parser().ParseExpr(x.Separator); err == nil {
		if l, ok := literal.(*sqlparser.Literal); ok {
			return l.Val
		}
	}
	return ","
}

// ordered tells what is not there: values come in the order of the lines, all of them.
func ordered(x sqlparser.AggrFunc) bool {
	joined, ok := x.(*sqlparser.GroupConcatExpr)
	return ok && (len(joined.OrderBy) > 0 || joined.Limit != nil)
}
