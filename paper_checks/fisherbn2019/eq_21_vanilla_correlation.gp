# The kernel of (21), $\hat q_{xy}/q$ against the correlation $c_{xy}$ (line), and where the layers of vanilla networks stand (points): their measured correlation and mean product of activations, at several variances of the weights.
set title "σ_b² = ".number("sigma_b2").", layers 1 to ".setting("L")
set xlabel "correlation c_{xy}"
set ylabel "q̂_{xy} / q"
set xrange [-1:1]
@two_rows
names = system("awk -F'\t' '/^sigma_w2 =/ && !seen[$1]++ { print substr($1, 12) }' '".table."'")
series(i) = "sigma_w2 = ".word(names, i)
plot table using (pick("kernel", column("c"))):"kernel" with lines linestyle 1 title "(21)", \
     for [i=1:words(names)] "" using (pick(series(i), column("z"))):"h":"h_err" with yerrorbars linetype i + 1 pointtype 7 pointsize 0.7 title "σ_w² = ".word(names, i)
