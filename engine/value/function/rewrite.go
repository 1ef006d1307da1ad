package function

import (
	"strconv"
	"strings"

	"vitess.io/vitess/go/sqltypes"
	querypb "vitess.io/vitess/go/vt/proto/query"
	"vitess.io/vitess/go/vt/sqlparser"
	"vitess.io/vitess/go/vt/vtenv"
	"vitess.io/vitess/go/vt/vtgate/evalengine"

	"github.com/karezflow/karez/sdk/fault"
)

// step is a part of an expression that the evaluator lacks. Its result is bound to
// a variable of its own.
type step struct {
	// guards give 1 where the part is reached; else it is its type's zero.
	guards []evalengine.Expr
	args   []evalengine.Expr
	does   builtin
	// aggregate is set instead of args and does for an aggregate over a placeholder.
	aggregate *aggregate
}

func (s *step) run(c *call, to *querypb.BindVariable) error {
	for _, g := range s.guards {
		v, err := c.eval(g)
		if err != nil {
			return err
		}
		if v.ToString() != "1" {
			to.Type, to.Value = s.zero()
			return nil
		}
	}
	if s.aggregate != nil {
		return s.aggregate.run(c, to)
	}
	args := make([]sqltypes.Value, len(s.args))
	for i, a := range s.args {
		v, err := c.eval(a)
		if err != nil {
			return err
		}
		args[i] = v
	}
	v, err := s.does.eval(args)
	if err != nil {
		return err
	}
	to.Type, to.Value = v.Type(), v.Raw()
	return nil
}

// zero is what stands for a part that is not reached: typed, because the types of
// all branches decide the type of the one that is taken.
func (s *step) zero() (querypb.Type, []byte) {
	if s.aggregate != nil {
		return sqltypes.Null, nil
	}
	switch {
	case sqltypes.IsIntegral(s.does.result):
		return s.does.result, []byte("0")
	case s.does.result == sqltypes.VarChar:
		return s.does.result, []byte{}
	default:
		return sqltypes.Null, nil
	}
}

// rewriter replaces what the evaluator lacks by variables, innermost first.
type rewriter struct {
	expr   *Expr
	env    *vtenv.Environment
	guards []sqlparser.Expr
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
	x, err := evalengine.Translate(e, &evalengine.Config{Collation: generalCI, Environment: r.env, NoConstantFolding: true})
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
	if x, ok := e.(*sqlparser.CaseExpr); ok {
		return r.branches(x)
	}
	if x, ok := e.(*sqlparser.FuncExpr); ok && x.Name.EqualString("if") && len(x.Exprs) == 3 {
		return r.choice(x)
	}
	if x, ok := e.(sqlparser.AggrFunc); ok {
		return r.aggregate(x)
	}
	if x, ok := e.(*sqlparser.FuncExpr); ok && changing[x.Name.Lowered()] {
		r.fault = unknown(x.Name.String()+"()", nil)
		return e
	}
	if name, args, ok := lacking(e); ok {
		return r.builtin(name, args)
	}
	// One floor at a time: the children are rewritten here, and what is below them by themselves.
	top := true
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
	return e
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
func (r *rewriter) add(s *step) sqlparser.Expr {
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
	f := builtins[name]
	if len(args) < f.least || len(args) > f.most {
		r.fault = fault.New("function.arguments", "%s takes %d to %d values, not %d", strings.ToUpper(name), f.least, f.most, len(args)).
			Arg("offset", "0").Classed(fault.Config)
		return nil
	}
	s := &step{does: f}
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
		s.args = append(s.args, x)
	}
	return r.add(s)
}

// aggregate replaces SUM, COUNT and the like of a placeholder.
func (r *rewriter) aggregate(x sqlparser.AggrFunc) sqlparser.Expr {
	a := &aggregate{kind: x.AggrName()}
	arg, _ := x.GetArg().(*sqlparser.Argument)
	if arg != nil {
		a.slot, _ = strconv.Atoi(strings.TrimPrefix(arg.Name, "v"))
	}
	if !a.known() || arg == nil || !strings.HasPrefix(arg.Name, "v") || len(x.GetArgs()) > 1 || r.expr.slots[a.slot].quoted {
		r.fault = fault.New("function.aggregate", "%s works on the values of lines: SUM, AVG, MIN, MAX or COUNT of one placeholder, for example SUM({{items.qty}})", sqlparser.String(x)).
			Arg("offset", "0").Classed(fault.Config)
		return nil
	}
	r.expr.slots[a.slot].within = true
	return r.add(&step{aggregate: a})
}
