# The correlation of two inputs in one network, layer by layer: the mean product of the normalised preactivations $z$ (red) and the cosine of the
# preactivations $y$ (black), the two sides of (2.2).
set title "One ".setting("phi")." network of width ".setting("N")
set xlabel "layer l (the first is the embedding)"
set ylabel "correlation ρ_l"
if (setting("L") <= 15) { set xtics 1 }
@tight
plot table using "layer":"cosine" with lines linestyle 1 title "cosine of y", \
     "" using "layer":"rho" with points linestyle 2 pointsize 0.9 title "mean product of z"
