package train

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"

	"parley/safety"
)

// Parameters of learning. What they are was tried on templates alone: by what a model finds of
// those that it hasn't learned from.
const (
	bits     = 16
	passes   = 15   // over all texts
	rate     = 0.5  // of learning, at first
	shrink   = 3e-3 // of weights, at each step
	ordinary = 3.0  // how much more a text of no class counts: to warn of it is worse than to miss one
	folds    = 5    // of templates, to find thresholds

	// A threshold has this precision among templates that weren't learned from, and at most this
	// share of alarms among those of no class.
	precision, alarms = 0.97, 0.001
	lowest            = 0.2 // and no score below this is one
)

// other is what is of no class.
const other safety.Class = "other"

// A linear is what is learned of one class.
type linear struct {
	weights []float64
	bias    float64
}

// learn is logistic regression by stochastic gradient descent.
func learn(all []text, class safety.Class) *linear {
	l := &linear{weights: make([]float64, 1<<bits)}
	r := rand.New(rand.NewPCG(3, 4))
	order := r.Perm(len(all))
	for pass := range passes {
		step := rate / (1 + float64(pass)/4)
		r.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
		for _, i := range order {
			t := &all[i]
			want, weight := 0.0, 1.0
			switch t.class {
			case class:
				want = 1
			case other:
				weight = ordinary
			}
			by := step * weight * (want - l.score(t))
			each := by / math.Sqrt(float64(len(t.features)))
			for _, f := range t.features {
				l.weights[f] += each - step*shrink*l.weights[f]
			}
			l.bias += by / 10
		}
	}
	return l
}

func (l *linear) score(t *text) float64 {
	sum := 0.0
	for _, f := range t.features {
		sum += l.weights[f]
	}
	return 1 / (1 + math.Exp(-sum/math.Sqrt(float64(max(len(t.features), 1)))-l.bias))
}

// A judged text has a score of a model that hasn't learned from its template.
type judged struct {
	score float64
	class safety.Class
}

// unseen scores all texts by models that haven't learned from their templates.
func unseen(all []text, class safety.Class) []judged {
	var scores []judged
	for fold := range folds {
		var known []text
		for _, t := range all {
			if t.template%folds != fold {
				known = append(known, t)
			}
		}
		l := learn(known, class)
		for i := range all {
			if t := &all[i]; t.template%folds == fold {
				scores = append(scores, judged{l.score(t), t.class})
			}
		}
	}
	return scores
}

// threshold finds the lowest score at which a class has precision and alarms as they are wanted, among
// texts that weren't learned from.
func threshold(scores []judged, class safety.Class) float64 {
	slices.SortFunc(scores, func(a, b judged) int { return cmp.Compare(b.score, a.score) })
	most := 0.0
	for _, s := range scores {
		if s.class == other {
			most += alarms
		}
	}
	best, hits, others := 0.99, 0, 0
	for i, s := range scores {
		switch s.class {
		case class:
			hits++
		case other:
			others++
		}
		if s.score < lowest {
			break
		}
		if float64(hits) >= precision*float64(i+1) && float64(others) <= most {
			best = s.score
		}
	}
	return best
}
