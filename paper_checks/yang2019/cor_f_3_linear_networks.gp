# Difference between the largest and the least non-zero eigenvalue of the batch's covariance, over $B$, layer by layer in an infinitely wide linear network, from random starts of
# rank $C$. Dashed: $(1-\frac2{C+2})^l$ through each last point.
set title "Linear network with batch normalisation, B = ".setting("B")
set xlabel "layer l"
set ylabel "(λ_1 − λ_C) / B"
set logscale y
set yrange [1e-7:2]
set format y "10^{%L}"
@two_rows
ranks = system("grep -o '^C = [0-9]*' '".table."' | sort -u -V | cut -c5- | grep -v '^1$' | tr '\\n' ' '")
decay(c) = 1 - 2. / (c + 2)
array last[64]; array end[64]
do for [c in ranks] { stats table using (strcol(1) eq "C = ".c ? column("layer") : NaN):(column("gap")) nooutput name "s"; last[int(c)] = s_max_x; end[int(c)] = s_min_y }
plot for [i=1:words(ranks)] table using (pick("C = ".word(ranks, i), column("layer"))):"gap" with linespoints linecolor rgb hue(i) pointtype 7 pointsize 0.4 linewidth 1.5 title "C = ".word(ranks, i), \
     for [i=1:words(ranks)] (c = int(word(ranks, i)), end[c] * decay(c)**(x - last[c])) with lines linestyle 8
