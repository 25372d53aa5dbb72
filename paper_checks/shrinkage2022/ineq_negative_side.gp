# The composition of correlation maps at negative correlations, $P_L\circ\dots\circ P_1(-\rho)$ (black), and its lower bound
# $2\bar\rho_L-P_L\circ\dots\circ P_1(\rho)$ (blue).
set title setting("L")." layers of ".setting("phi").", ".variances(setting("s") + 0)
set xlabel "ρ"
set ylabel "P_L ∘ … ∘ P_1 (−ρ)"
plot table using "rho":"negative" with lines linestyle 1 title "composition at −ρ", \
     "" using "rho":"bound" with lines linestyle 3 title "lower bound"
