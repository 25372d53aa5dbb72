# The correlation $\nu^*/(\mu^*+\nu^*)$ of two samples at the symmetric fixed point against the batch size, by the theorem's angles (discs) and by
# rings (lines). Odd activations make it negative, all tend to their Gaussian value.
set title "Correlation at the symmetric fixed point"
set xlabel "batch size B"
set ylabel "ν* / (μ* + ν*)"
set logscale x
set xrange [2.8:220]
phi = setting("phi")
names = phi." ".without("relu gelu tanh exp", phi)
@two_rows
plot for [i=1:words(names)] table using "B":(pick(word(names, i), column("nu_rings") / column("q"))) with lines linecolor rgb hue(i + (i > 1)) title word(names, i), \
     for [i=1:words(names)] "" using "B":(pick(word(names, i), column("nu") / column("q"))) with points linestyle 2 title i == 1 ? "theorem F.5" : ""
