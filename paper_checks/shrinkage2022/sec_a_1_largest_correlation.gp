# The least correlation that two inputs can have after $l$ layers: for five activations without bias (solid), and for the chosen activation with
# bias (dashed).
set title "Smallest correlation after l layers"
set xlabel "layer l"
set ylabel "least ρ_l"
set xrange [0:*] noextend
set yrange [-1:1]
set ytics 0.5
@two_rows
names = "relu erf gelu h2 sigmoid"
without_bias(name, x) = strcol(1) eq name && column("s") == 0 ? column(x) : NaN
set datafile missing NaN
plot for [i=1:5] table using (without_bias(word(names, i), "l")):(without_bias(word(names, i), "least")) smooth unique \
         with linespoints linecolor rgb hue(i) linewidth 1.5 pointtype 7 pointsize 0.4 title word(names, i), \
     table using (abs(column("s") - setting("s")) < 1e-9 ? pick(setting("phi"), column("l")) : NaN):"least" smooth unique \
         with lines linestyle 8 linewidth 2 title setting("phi").", s = ".number("s")
