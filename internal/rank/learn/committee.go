package main

import (
	"math"
	"math/rand/v2"

	"multivac/internal/rank"
)

// fitStage fits a stage of several networks that begin with other weights and see
// the trials in another order. Their mean is as good as the best of them, and
// which is the best is not known (Hansen and Salamon 1990, Neural network
// ensembles). It is a network of the same form, which has all of their units.
func fitStage(trials []shown, k *recipe, r *rand.Rand) (s rank.SenseStage) {
	orders := make([]rank.Scorer, k.networks)
	for i := range orders {
		orders[i] = fitOrder(trials, k, r)
	}
	s.Order = meanScorer(orders)
	sure := make([]rank.Network, k.networks)
	for i := range sure {
		sure[i] = fitConfidence(trials, &s.Order, k, r)
	}
	s.Confidence = meanNetwork(sure)
	return s
}

// meanScorer returns the scorer whose scores are the means of those of all.
func meanScorer(all []rank.Scorer) (mean rank.Scorer) {
	linear := make([]float32, rank.SenseFeatures)
	for i := range all {
		s := &all[i]
		mean.Hidden = append(mean.Hidden, s.Hidden...)
		for u := range s.Hidden {
			mean.Output = append(mean.Output, nth(s.Output[u], len(all)))
		}
		for f := range linear {
			linear[f] += nth(s.Output[len(s.Hidden)+f], len(all))
		}
	}
	mean.Output = append(mean.Output, linear...)
	return mean
}

// meanNetwork returns the network whose outputs are the means of those of all,
// which were fitted to the same inputs.
func meanNetwork(all []rank.Network) (mean rank.Network) {
	mean.Mean, mean.Scale = all[0].Mean, all[0].Scale
	bias := float32(0)
	for i := range all {
		n := &all[i]
		mean.Hidden = append(mean.Hidden, n.Hidden...)
		for u := range n.Hidden {
			mean.Output = append(mean.Output, nth(n.Output[u], len(all)))
		}
		bias += nth(n.Output[len(n.Hidden)], len(all))
	}
	mean.Output = append(mean.Output, bias)
	return mean
}

// nth returns x / n, rounded as it is stored.
func nth(x float32, n int) float32 { return float32(math.Round(float64(x)/float64(n)*1e5) / 1e5) }
