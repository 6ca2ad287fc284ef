package planner

// Intent is what a question wants.
type Intent uint8

// The intents.
const (
	List   Intent = iota // records that fulfil conditions
	Count                // how many there are
	Show                 // one record with all its values
	Value                // some values of one record
	WhoAmI               // the person and the access
)

// Question is a question as read, before names are looked up.
type Question struct {
	Intent  Intent
	Model   *Model   // nil for WhoAmI, and for Show without a model
	Models  []*Model // Show and Value: where the name may be, in order
	Name    string   // Show and Value: the name or id of the record
	Where   []*Node  // all must hold
	Sort    []Sort
	Limit   int    // 0: as many as the planner shows
	All     bool   // "all": as many as the planner fetches
	Search  string // free text
	Columns []*Property
}

// Sort is one sort key.
type Sort struct {
	Property   *Property
	Descending bool
}

// Node is a condition: either Any (one must hold), All (all must hold), Not, or a comparison.
type Node struct {
	Any, All []*Node
	Not      *Node

	Property *Property
	Op       string
	Value    any
	Names    []string    // what a reference is compared with, before it is looked up
	Maybe    []*Property // a link that may be any of these references: the first that has such a record
	Loose    bool        // text equality that may become "contains" if nothing is equal

	Words string // how the condition is said; empty: made from the comparison
	shown string // the names found
}

// walk visits every comparison below the node.
func (n *Node) walk(visit func(*Node) error) error {
	for _, list := range [][]*Node{n.Any, n.All} {
		for _, c := range list {
			if err := c.walk(visit); err != nil {
				return err
			}
		}
	}
	if n.Not != nil {
		return n.Not.walk(visit)
	}
	if n.Any == nil && n.All == nil {
		return visit(n)
	}
	return nil
}

// filter gives the condition in the shape list_records takes.
func (n *Node) filter() map[string]any {
	switch {
	case n.Any != nil:
		return map[string]any{"or": filters(n.Any)}
	case n.All != nil:
		return map[string]any{"and": filters(n.All)}
	case n.Not != nil:
		return map[string]any{"not": n.Not.filter()}
	}
	if values, ok := n.Value.([]any); ok && n.Op == "contains" {
		parts := make([]any, len(values))
		for i, v := range values {
			parts[i] = leaf(n.Property.Name, "contains", v)
		}
		return map[string]any{"or": parts}
	}
	return leaf(n.Property.Name, n.Op, n.Value)
}

func leaf(property, op string, value any) map[string]any {
	if op == "empty" || op == "not_empty" {
		return map[string]any{"property": property, "op": op}
	}
	return map[string]any{"property": property, "op": op, "value": value}
}

func filters(nodes []*Node) []any {
	out := make([]any, len(nodes))
	for i, n := range nodes {
		out[i] = n.filter()
	}
	return out
}

// filterOf joins the conditions of a question; nil for none.
func filterOf(nodes []*Node) map[string]any {
	switch len(nodes) {
	case 0:
		return nil
	case 1:
		return nodes[0].filter()
	default:
		return map[string]any{"and": filters(nodes)}
	}
}
