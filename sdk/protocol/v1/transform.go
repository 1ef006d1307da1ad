package v1

import (
	"context"

	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
	"github.com/karezflow/karez/sdk/node"
	"github.com/karezflow/karez/sdk/protocol/peer"
	"github.com/karezflow/karez/sdk/protocol/v1/pb"
)

// transforms is the capability of a process that serves the code of nodes.
const transforms = "transforms"

// transformServer serves the code of nodes beside a connector.
type transformServer struct {
	pb.UnimplementedTransformsServer
	*server

	code node.Code
}

// Apply applies a node to a batch.
func (s *transformServer) Apply(ctx context.Context, req *pb.ApplyRequest) (*pb.ApplyResponse, error) {
	resp := &pb.ApplyResponse{}
	f := s.guard(ctx, req.GetMeta(), "Apply", func(ctx context.Context) error {
		batch := fromRecords(req.GetRecords())
		results, err := s.code.Apply(ctx, req.GetNode(), req.GetSettings(), batch)
		if err != nil {
			return err
		}
		if f := matchedRecords(len(results), len(batch)); f != nil {
			return f
		}
		resp.Results = toApplied(batch, results)
		return nil
	})
	return reply(resp, f, "the answer"), nil
}

// CheckSettings asks the node.
func (s *transformServer) CheckSettings(ctx context.Context, req *pb.CheckSettingsRequest) (*pb.CheckSettingsResponse, error) {
	resp := &pb.CheckSettingsResponse{}
	f := s.guard(ctx, nil, "CheckSettings", func(ctx context.Context) error {
		problems, err := s.code.CheckSettings(ctx, req.GetNode(), req.GetSettings())
		for _, p := range problems {
			resp.Problems = append(resp.Problems, toFault(p))
		}
		return err
	})
	return reply(resp, f, "the answer"), nil
}

// Upgrade asks the node.
func (s *transformServer) Upgrade(ctx context.Context, req *pb.UpgradeRequest) (*pb.UpgradeResponse, error) {
	resp := &pb.UpgradeResponse{}
	f := s.guard(ctx, nil, "Upgrade", func(ctx context.Context) (err error) {
		resp.Settings, err = s.code.Upgrade(ctx, req.GetNode(), toInt(req.GetFrom()), req.GetSettings())
		return err
	})
	return reply(resp, f, "the settings"), nil
}

func fromRecords(records []*pb.Record) []item.Item {
	batch := make([]item.Item, len(records))
	for i, r := range records {
		batch[i] = item.Item{Raw: r.GetRaw(), Vars: r.GetVars(), Facts: &item.Facts{
			Key: string(r.GetKey()), Number: string(r.GetNumber()), Revision: toInt(r.GetRevision()), From: fromTime(r.GetFrom()), To: fromTime(r.GetTo()),
		}}
	}
	return batch
}

// toApplied leaves out the bytes that did not change.
func toApplied(batch []item.Item, results []node.Result) []*pb.Applied {
	list := make([]*pb.Applied, len(results))
	for i, r := range results {
		list[i] = &pb.Applied{Index: int64(i), Fault: toFault(r.Fault)}
		for _, o := range r.Outputs {
			if len(o.Item.Raw) == 0 { // which would say that nothing changed
				list[i] = &pb.Applied{Index: int64(i), Fault: toFault(badOutput())}
				break
			}
			out := &pb.Output{Port: text(o.Port), Route: text(o.Route)}
			if string(o.Item.Raw) != string(batch[i].Raw) {
				out.Raw = o.Item.Raw
			}
			if string(o.Item.Vars) != string(batch[i].Vars) {
				out.Vars = o.Item.Vars
			}
			list[i].Outputs = append(list[i].Outputs, out)
		}
	}
	return list
}

// RemoteCode is the code of nodes in another process: a node.Code. What it gives was only
// matched to what was asked: the process may be of any make.
type RemoteCode struct{ rpc pb.TransformsClient }

// Transforms gives the code of the nodes that the process serves, nil where it serves none.
func (c *Client) Transforms() node.Code {
	if c.code == nil {
		return nil
	}
	return c.code
}

// Apply makes the call there. Every result names the record that it is for.
func (r *RemoteCode) Apply(ctx context.Context, name string, settings []byte, batch []item.Item) ([]node.Result, error) {
	resp, err := invoke(ctx, "Apply", applying(ctx, name, settings, batch), r.rpc.Apply)
	if err != nil {
		return nil, err
	}
	if f := matchedRecords(len(resp.GetResults()), len(batch)); f != nil {
		return nil, f
	}
	results := make([]node.Result, len(batch))
	for i, applied := range resp.GetResults() {
		if applied.GetIndex() != int64(i) {
			return nil, misplaced(applied.GetIndex(), int64(i))
		}
		results[i] = fromApplied(batch[i], applied)
	}
	return results, nil
}

// CheckSettings makes the call there.
func (r *RemoteCode) CheckSettings(ctx context.Context, name string, settings []byte) ([]*fault.Fault, error) {
	resp, err := invoke(ctx, "CheckSettings", &pb.CheckSettingsRequest{Node: text(name), Settings: settings}, r.rpc.CheckSettings)
	if err != nil {
		return nil, err
	}
	var problems []*fault.Fault
	for _, p := range resp.GetProblems() {
		problems = append(problems, fromFault(p))
	}
	return problems, nil
}

// Upgrade makes the call there.
func (r *RemoteCode) Upgrade(ctx context.Context, name string, from int, settings []byte) ([]byte, error) {
	resp, err := invoke(ctx, "Upgrade", &pb.UpgradeRequest{Node: text(name), From: int64(from), Settings: settings}, r.rpc.Upgrade)
	if err != nil {
		return nil, err
	}
	return resp.GetSettings(), nil
}

func applying(ctx context.Context, name string, settings []byte, batch []item.Item) *pb.ApplyRequest {
	req := &pb.ApplyRequest{Meta: metaOf(ctx), Node: text(name), Settings: settings, Records: make([]*pb.Record, len(batch))}
	for i, in := range batch {
		r := &pb.Record{Index: int64(i), Raw: in.Raw, Vars: in.Vars}
		if f := in.Facts; f != nil {
			r.Key, r.Number, r.Revision, r.From, r.To = []byte(f.Key), []byte(f.Number), int64(f.Revision), toTime(f.From), toTime(f.To)
		}
		req.Records[i] = r
	}
	return req
}

func fromApplied(in item.Item, applied *pb.Applied) node.Result {
	r := node.Result{Fault: fromFault(applied.GetFault())}
	for _, o := range applied.GetOutputs() {
		out := node.Output{Port: o.GetPort(), Route: o.GetRoute(), Item: in}
		if raw := o.GetRaw(); len(raw) > 0 {
			out.Item = in.With(raw)
		}
		if vars := o.GetVars(); len(vars) > 0 {
			out.Item.Vars = vars
		}
		r.Outputs = append(r.Outputs, out)
	}
	return r
}

// matchedRecords refuses results that can't be told apart.
func matchedRecords(answers, asked int) *fault.Fault {
	if answers == asked {
		return nil
	}
	return fault.New("transform.count", "the plugin gave %s results for %s records", itoa(int64(answers)), itoa(int64(asked))).
		Hinted("this is a defect of the plugin").Classed(fault.Internal)
}

func misplaced(answered, stood int64) *fault.Fault {
	return fault.New("transform.order", "the plugin answered for record %s where record %s stood", itoa(answered), itoa(stood)).
		Hinted("this is a defect of the plugin").Classed(fault.Internal)
}

func badOutput() *fault.Fault {
	return fault.New(peer.CodeBadOutput, "the plugin made something of the record that is no JSON object").
		Hinted("this is a defect of the plugin").Classed(fault.Internal)
}

var _ node.Code = (*RemoteCode)(nil)

// announced says what a process does besides its sessions.
func announced(code node.Code) []string {
	if code == nil {
		return nil
	}
	return []string{transforms}
}
