# A composition of correlation maps: on $[0,1]$ it does not decrease, and its infimum is its value at 0 (black); for negative correlations (red) it
# may lie below.
set title setting("L")." layers of ".setting("phi").", ".variances(setting("s") + 0)
set xlabel "correlation ρ"
set ylabel "P_L ∘ … ∘ P_1 (ρ)"
set xrange [-1:1]
set xtics 0.5
plot table using (-column("rho")):"negative" with lines linestyle 2 linewidth 2 title "negative correlations", \
     "" using "rho":"positive" with lines linestyle 1 title "from 0 to 1"
