# Norms of gradients relative to those of the parameters, for the weights and the scales of every layer, before training (black) and in the course of it (lighter and lighter blue):
# geometric means over networks, with standard errors. At first both explode towards the input; after the first few epochs either is about equal in all layers, and a factor
# $\sqrt N$ remains between them.
@svg 620
set output output
set multiplot layout 2,1 margins 0.13,0.97,0.11,0.86 spacing 0.02,0.07
set xrange [0.5:number("L") + 0.5] noextend
set logscale y
set format y "10^{%L}"
set mytics 1
every = number("every"); curves = number("curves")
part(i) = curves > 2 ? (i - 1.0) / (curves - 2) : 0
mix(i, from, to) = int(from + (to - from) * part(i))
shade(i) = i == 0 ? 0x222222 : mix(i, 0, 0x90) * 65536 + mix(i, 0x72, 0xD0) * 256 + mix(i, 0xB2, 0xF0)
do for [k=1:2] {
    kind = word("W gamma", k)
    set label 1 word("|∇W|/|W| |∇γ|/|γ|", k) at graph 0.98, 0.9 right textcolor rgb "#222222"
    if (k == 1) { set title sprintf("Width %s, batches of %s, rate %s", setting("N"), setting("B"), setting("rate")); unset xlabel; set format x ""; set key maxrows 1 title "epoch" } \
    else { unset title; set xlabel "layer"; set format x "%g"; unset key }
    plot for [i=0:curves - 1] table using "layer":(column("epoch") == i * every && strcol(1) eq kind ? exp(column("log_relative")) : NaN) \
             with lines linewidth 2 linecolor rgb shade(i) title sprintf("%g", i * every), \
         for [i=0:curves - 1] "" using "layer":(column("epoch") == i * every && strcol(1) eq kind ? exp(column("log_relative")) : NaN): \
             (exp(column("log_relative") - column("log_relative_err"))):(exp(column("log_relative") + column("log_relative_err"))) \
             with yerrorbars linecolor rgb shade(i) pointtype 7 pointsize 0.4
}
unset multiplot
