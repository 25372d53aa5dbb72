# The rate of gradient explosion (above) and the variance within a batch at the fixed point (below) against $\epsilon$, for two activations. The rate reaches 1
# at a threshold; beyond it gradients vanish.
set title "B = ".setting("B")
set ylabel "λ_G(ε)"
phi = setting("phi")
@tight
@upper
plot table using "epsilon":(pick(phi, column("rate"))) with linespoints linestyle 3 pointtype 7 pointsize 0.5 title phi, \
     "" using "epsilon":(pick("relu", column("rate"))) with linespoints linestyle 2 title "relu", \
     1 with lines linestyle 8 title "1"
@lower
set xlabel "ε"
set ylabel "m"
set ytics 0.1
plot table using "epsilon":(pick(phi, column("m"))) with linespoints linestyle 3 pointtype 7 pointsize 0.5, \
     "" using "epsilon":(pick("relu", column("m"))) with linespoints linestyle 2
