package report

import (
	"cmp"
	"fmt"
	"slices"
)

// order puts the verified items in the order of their places, and finds what lies
// between them and what contradicts itself.
func (v *Verdict) order() {
	v.Order, v.SeenOrder, v.Gaps, v.Conflicts = []int{}, []int{}, []Gap{}, []Conflict{}
	for i := range v.Items {
		if v.Items[i].Grade != NotVerified {
			v.Order = append(v.Order, i)
		}
	}
	slices.SortFunc(v.Order, func(a, b int) int { return cmp.Compare(v.Items[a].Seq, v.Items[b].Seq) })
	v.SeenOrder = slices.Clone(v.Order)
	slices.SortStableFunc(v.SeenOrder, func(a, b int) int { return cmp.Compare(v.Items[a].SeenSeq, v.Items[b].SeenSeq) })
	for n, i := range v.Order {
		v.compare(n, i)
	}
}

// compare looks at item i, the n-th by place, beside the one before it.
func (v *Verdict) compare(n, i int) {
	item := &v.Items[i]
	if item.SeenSeq >= item.Seq {
		v.conflict(i, fmt.Sprintf("its sender claims to have seen event %d before", item.SeenSeq))
	}
	if n == 0 {
		return
	}
	before := &v.Items[v.Order[n-1]]
	if item.Seq > before.Seq+1 {
		v.Gaps = append(v.Gaps, Gap{After: before.Seq, Before: item.Seq, Events: item.Seq - before.Seq - 1})
	}
	if item.AcceptedMS < before.AcceptedMS {
		v.conflict(i, "the platform's clock went back")
	}
	if item.Generation < before.Generation || item.Generation == before.Generation && item.Epoch < before.Epoch {
		v.conflict(i, "it is of an earlier epoch than the event before")
	}
}

func (v *Verdict) conflict(i int, why string) {
	v.Conflicts = append(v.Conflicts, Conflict{Item: i, Why: why})
}

// conclude gives the report's grade: the lowest of its items', where one is by the
// reported account.
func conclude(r *Report, v *Verdict) (Grade, string) {
	if len(v.Items) == 0 {
		return NotVerified, "no message is enclosed"
	}
	lowest, about := Signed, false
	for i := range v.Items {
		item := &v.Items[i]
		if item.Grade == NotVerified {
			s := item.Steps[item.Failed-1]
			return NotVerified, fmt.Sprintf("item %d failed step %d (%s): %s", i+1, s.Number, s.Name, s.Why)
		}
		if item.Grade == Attested {
			lowest = Attested
		}
		about = about || item.Sender == r.Reported
	}
	if !about {
		return NotVerified, "no message is by the reported account"
	}
	if len(v.Items) == 1 {
		return lowest, "one message"
	}
	return lowest, fmt.Sprintf("%d messages, none less than that", len(v.Items))
}
