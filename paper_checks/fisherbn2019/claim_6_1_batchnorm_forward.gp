# Mean products for two inputs when every layer has its own $\gamma_l$: pre-activations $q_{xy}^l$ (solid) and activations $\hat q_{xy}^l$ (dashed) as claimed, and networks with inputs of four laws (points; standard errors and bias).
set title "γ_{l+1} = ".number("growth")." γ_l, γ_1 = ".number("gamma").", σ_w² = ".number("sigma_w2").", σ_b² = ".number("sigma_b2")
set xlabel "layer l"
set ylabel "mean product"
set logscale y
set xtics 1
@tight
@two_rows
laws = "normal uniform signs exponential"
plot table using "l":(pick("normal", column("q_xy"))) with lines linestyle 1 title "q_{xy}", \
     "" using "l":(pick("normal", column("h_xy"))) with lines linestyle 1 dashtype 2 title "q̂_{xy}", \
     for [i=1:4] "" using (column("l") + 0.04 * (i - 2.5)):(pick(word(laws, i), column("z_pair"))):"z_pair_err" with yerrorbars linetype i pointtype 7 pointsize 0.8 title word(laws, i), \
     for [i=1:4] "" using (column("l") + 0.04 * (i - 2.5)):(pick(word(laws, i), column("h_pair"))):"h_pair_err" with yerrorbars linetype i pointtype 6 pointsize 0.8
